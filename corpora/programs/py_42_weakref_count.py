# PY-42: all references to the node count, plain or not; dead ones and nil do not.
from prelude import *


start()
a = node(0)
getweakrefcount(a)
ra = ref(a)
getweakrefcount(a)
rb = ref(a, "log")
getweakrefcount(a)
del rb
getweakrefcount(a)

b = node(1)
c = b.f0
getweakrefcount(c)
