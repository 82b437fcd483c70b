# PY-24: a node brought back by its finalizer is marked as finalized, others are not.
from prelude import *


start()
a = node(0, "resurrect")
is_finalized(a)
del a
a = saved()
is_finalized(a)
b = node(0)
is_finalized(b)
c = b.f0
is_finalized(c)
