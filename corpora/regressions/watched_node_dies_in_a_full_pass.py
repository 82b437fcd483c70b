# CPython told the watchers of node 0, which dies in a full pass, through a tuple. It was allocated in the pass and
# counted, the count fell to 0 with the node, and at the end of the pass the tuple, in its free list, was taken off the
# node that finalizer 4 allocates. The free lists are to be full during a pass, and empty at its end.
from prelude import *


start()
a = node(0, "resurrect")
ra = ref(a, "log")
rb = ref(a, "log")
del a
a = node(1, "drop")
b = node(2, "allocate")
c = node(2, "resurrect")
a.f0 = c
b.f1 = c
c.f0 = a
c.f1 = b
del a
del b
del c
collect(2)
get_count()
