# PY-46: the same ring, watched from outside: now the callback runs.
from prelude import *


start()
a = node(1)
b = node(1)
a.f0 = b
b.f0 = a
ra = ref(b, "log")
rb = ref(a, "log")
a.ref = rb
del rb
del a
del b
collect(2)
alive(ra)
census()
