# collect(2) says how many objects it found: three in the ring, then none.
from prelude import *


start()
a = node(1)
b = node(1)
c = node(1)
a.f0 = b
b.f0 = c
c.f0 = a
del a
del b
del c
collect(2)
collect(2)
