# PY-47: making a reference passes the threshold; the collection it starts must not disturb the new
# reference.
from prelude import *


start()
set_threshold(1, 10, 10)
a = node(1)
b = node(1)
b.f0 = b
ra = ref(b, "log")
del b
rb = ref(a, "log")
rc = ref(a)
alive(rb)
alive(rc)
getweakrefcount(a)
census()
