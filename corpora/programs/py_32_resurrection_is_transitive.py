# PY-32, by the collector: a ring saves itself and all that hangs on it; the second time nothing is called
# and all three go.
from prelude import *


start()
a = node(2, "resurrect")
b = node(1)
c = node(0)
a.f0 = a
a.f1 = b
b.f0 = c
del a
del b
del c
collect(2)
census()
a = saved()
del a
collect(2)
census()
