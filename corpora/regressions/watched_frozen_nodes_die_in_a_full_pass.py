# The same as watched_node_dies_in_a_full_pass.py, with two nodes whose watchers are told before anything else of the
# program runs in the pass: frozen ones, which only garbage holds.
from prelude import *


start()
a = node(0)
ra = ref(a, "log")
rb = ref(a, "log")
b = node(0)
rc = ref(b, "allocate")
d = node(0)
d.ref = rc
rc = ref(b, "allocate")
rd = ref(b, "allocate")
freeze()
c = node(3)
c.f0 = a
c.f1 = b
c.f2 = c
del a
del b
del c
collect(2)
get_count()
