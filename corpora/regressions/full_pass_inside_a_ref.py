# Found by: gleaner stress --seed 18302170631396929086 --programs 1 --faults all
# under: strategy=generational python=3.11 foreign=5000 fail_at=none
# CPython's count was one too low after its last full pass. The full pass before began inside ref(a), whose tuple of
# arguments prelude.py took to be out of use; back in its free list it was one more than were taken out of there, and
# the last pass took it off the count of the node that finalizer 5 allocates.
from prelude import *


start()
set_threshold(1, 1, 1)
a = node(0)
a = node(0)
b = node(0)
c = node(1)
d = node(1, "resurrect")
b = node(2, "allocate")
c.f0 = d
d.f0 = b
b.f1 = c
ra = ref(a)
a = node(0)
d = node(1)
a = node(0)
b = node(0)
d.f0 = b
ra = ref(a)
del a
a = node(0, "resurrect")
ra = ref(a)
c = node(0)
c = node(0)
b = node(1, "allocate")
b.f0 = d
ra = ref(b)
a = node(0)
a = node(1)
a.f0 = a
a = node(0)
c = node(1)
d = node(0)
c.f0 = d
ra = ref(a)
b = node(0, "resurrect")
d = node(0)
b = node(0)
a = node(0)
