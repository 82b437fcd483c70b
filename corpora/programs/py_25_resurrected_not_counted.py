# PY-25: what came back is not counted as collected.
from prelude import *


start()
a = node(1, "resurrect")
a.f0 = a
b = node(1)
b.f0 = b
del a
del b
collect(2)
get_stats()
a = saved()
which(a)
