# PY-37: a weak reference with callback is cleared before the finalizers, so it is dead in every version.
from prelude import *


start()
a = node(1, "resurrect")
a.f0 = a
ra = ref(a, "log")
del a
collect(2)
alive(ra)
a = saved()
getweakrefcount(a)
