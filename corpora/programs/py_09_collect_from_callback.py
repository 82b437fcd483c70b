# PY-9: here the callback of a weak reference collects, while the referent is being taken apart.
from prelude import *


start()
a = node(2)
b = node(1)
b.f0 = b
a.f0 = b
ra = ref(a, "collect")
rb = ref(b)
del b
del a
alive(rb)
collect(2)
alive(rb)
