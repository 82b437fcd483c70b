# PY-32: the finalizer saves its node, and with it what the node holds. The second death is final: no
# second call.
from prelude import *


start()
a = node(1, "resurrect")
b = node(0, "log")
a.f0 = b
del b
del a
census()
a = saved()
b = a.f0
which(b)
del b
del a
a = saved()
which(a)
census()
