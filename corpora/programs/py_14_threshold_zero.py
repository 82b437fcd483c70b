# PY-14: a threshold of 0 means no automatic collection; asking by hand still works.
from prelude import *


start()
set_threshold(0, 1, 1)
a = node(1)
a.f0 = a
ra = ref(a)
del a
b = node(0)
c = node(0)
d = node(0)
alive(ra)
get_count()
collect(0)
alive(ra)
