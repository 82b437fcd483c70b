# PY-34: a finalizer that breaks the ring makes the rest die by count, each with its own finalizer once.
from prelude import *


start()
a = node(1, "drop")
b = node(1, "log")
c = node(1, "log")
a.f0 = b
b.f0 = c
c.f0 = a
del a
del b
del c
collect(2)
census()
