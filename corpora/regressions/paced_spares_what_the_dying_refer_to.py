# Found by: gleaner stress --seed 7496947699722623725 --programs 1 --faults all, when a cycle got through faster
# A dying object left the cycle before its watcher was told, and what it referred to was taken for garbage meanwhile.
# under: strategy=paced python=3.12 foreign=5000 fail_at=14 slices=short
from prelude import *


start()
set_threshold(2, 0, 0)
a = node(0)
d = node(0)
e = node(0)
a = node(0)
ra = ref(a, "allocate")
a = node(0)
b = node(0)
c = node(0)
a = node(0)
e = node(1)
b = a
d = node(1)
a = node(1)
b = node(1, "log")
d.f0 = e
e.f0 = a
a.f0 = b
b.f0 = a
a = node(0)
a = node(1)
a.f0 = d
ra = ref(a, "allocate")
b = node(1)
b.f0 = a
a = b
b = node(1)
b.f0 = a
e = node(0)
d = e
e = node(1)
e.f0 = d
d = node(0)
c = node(0)
a = node(0)
b = node(0)
