# PY-46: a reference that is unreachable itself stays silent, also when it watches another node of the
# same trash.
from prelude import *


start()
a = node(1)
b = node(1)
a.f0 = b
b.f0 = a
ra = ref(b, "log")
a.ref = ra
del ra
del a
del b
collect(2)
census()
