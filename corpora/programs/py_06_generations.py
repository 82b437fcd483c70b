# PY-6: a collection takes in all younger generations, and moves survivors up by one. Two rings, one old
# and one young: generation 0 finds only the young one, generation 1 the old one.
from prelude import *


start()
a = node(1)
a.f0 = a
collect(0)
census()
b = node(1)
b.f0 = b
c = node(0)
del a
del b
collect(0)
census()
collect(1)
census()
collect(2)
census()
collect(2)
census()
