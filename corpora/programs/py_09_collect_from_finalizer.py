# PY-9: a node dies by its count, and its finalizer collects: the ring goes inside the del, nothing
# breaks.
from prelude import *


start()
a = node(1)
a.f0 = a
b = node(1, "collect")
c = node(1)
c.f0 = c
b.f0 = c
del a
del c
del b
census()
collect(2)
