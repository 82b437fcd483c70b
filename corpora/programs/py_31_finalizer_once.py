# PY-31: once for each node, whether its count or the collector ends it.
from prelude import *


start()
a = node(1, "log")
b = node(1, "log")
b.f0 = b
c = node(1, "log")
d = node(1, "log")
c.f0 = d
d.f0 = c
del a
del b
del c
del d
collect(2)
collect(2)
