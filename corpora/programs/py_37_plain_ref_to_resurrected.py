# PY-37: is a weak reference without callback dead once its node has come back from a ring? Until 3.14
# yes, from 3.15 on no.
from prelude import *


start()
a = node(1, "resurrect")
a.f0 = a
ra = ref(a)
del a
collect(2)
alive(ra)
b = ra()
which(b)
a = saved()
which(a)
getweakrefcount(a)
