# PY-33: all three save themselves; saved three times, they stay until the last is let go.
from prelude import *


start()
a = node(1, "resurrect")
b = node(1, "resurrect")
c = node(1, "resurrect")
a.f0 = b
b.f0 = c
c.f0 = a
del a
del b
del c
collect(2)
a = saved()
which(a)
a = saved()
which(a)
a = saved()
which(a)
collect(2)
del a
collect(2)
