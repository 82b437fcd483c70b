# PY-9: finalizers that allocate, with a threshold of 1: automatic collections start in the middle of
# deaths.
from prelude import *


start()
set_threshold(1, 1, 1)
a = node(1, "allocate")
b = node(1, "allocate")
a.f0 = b
ra = ref(b, "allocate")
del b
del a
c = node(1)
c.f0 = c
del c
c = saved()
which(c)
census()
