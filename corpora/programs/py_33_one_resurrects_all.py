# PY-33: one of three in a ring comes back, and all three finalizers have run; next time none runs and all
# go.
from prelude import *


start()
a = node(1, "log")
b = node(1, "resurrect")
c = node(1, "log")
a.f0 = b
b.f0 = c
c.f0 = a
del a
del b
del c
collect(2)
census()
b = saved()
is_finalized(b)
c = b.f0
is_finalized(c)
del b
del c
collect(2)
census()
