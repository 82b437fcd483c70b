# a holds a chain of three; a ring of two stands apart. What can be reached from a variable stays, the
# rest goes, though each of its nodes is referred to.
from prelude import *


start()
a = node(1)
b = node(1)
a.f0 = b
c = node(1)
b.f0 = c
del b
del c
d = node(1)
e = node(1)
d.f0 = e
e.f0 = d
del d
del e
census()
collect(2)
census()
