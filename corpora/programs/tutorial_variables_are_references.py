# After b = a there is one node with two names: what is stored through one is seen through the other.
from prelude import *


start()
a = node(1)
b = a
c = node(0)
b.f0 = c
d = a.f0
which(a)
which(b)
which(c)
which(d)
