# PY-36: first the callbacks, then all finalizers from the oldest node to the youngest, then the clearing.
# Both kinds stand on each of three nodes.
from prelude import *


start()
a = node(1, "log")
b = node(1, "log")
c = node(1, "log")
a.f0 = b
b.f0 = c
c.f0 = a
ra = ref(a, "log")
rb = ref(b, "log")
rc = ref(c, "log")
del a
del b
del c
collect(2)
alive(ra)
alive(rb)
alive(rc)
