# PY-1: the answer is the number of objects found: 1 for a node that holds itself, 2 for a pair, 2 for
# node and ref.
from prelude import *


start()
a = node(1)
a.f0 = a
del a
collect(2)
a = node(1)
b = node(1)
a.f0 = b
b.f0 = a
del a
del b
collect(2)
a = node(1)
a.f0 = a
ra = ref(a, "log")
a.ref = ra
del ra
del a
collect(2)
collect(2)
