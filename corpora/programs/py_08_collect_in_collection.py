# PY-8: a collection asked for by a finalizer or a callback while one is running answers 0.
from prelude import *


start()
a = node(1, "collect")
a.f0 = a
b = node(1)
b.f0 = b
ra = ref(b, "collect")
del a
del b
collect(2)
collect(2)
