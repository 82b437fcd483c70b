# Found by: gleaner stress --seed 17127418985523051705 --programs 1 --faults all
# under: strategy=paced python=3.12 foreign=20 fail_at=32 slices=short
# heap/paced and contract parted at the epilogue, after all 78 operations.
# heap/paced said:
#     collection of generation 2: 11 collected; survivors 21 in 2, 22 in 2, 27 in 2, 28 in 2, 29 in 2, 32 in 2, 34 in 2
#     collection of generation 2: 7 collected; survivors none
#     answer 7
#     collection of generation 2: 0 collected; survivors none
#     and 2 more
# contract said:
#     L3, a collection of everything leaves no garbage: 27 was unreachable, and is still there
from prelude import *


start()
set_threshold(1, 0, 0)
b = node(0)
a = node(0)
ra = ref(a, "allocate")
a = node(2)
b = node(2)
c = node(1)
a.f0 = b
b.f0 = c
c.f0 = a
ra = ref(a)
c = node(0)
ra = ref(a, "log")
d = node(0)
c = node(1)
c.f0 = d
e = node(1)
f = node(1)
g = node(1)
a.f1 = e
e.f0 = f
f.f0 = g
g.f0 = c
ra = ref(a)
a = node(0)
c = node(1)
c.f0 = a
e = node(1)
b.f1 = e
e.f0 = c
ra = ref(a)
a = node(0)
d = node(1)
c = node(1)
e = node(0)
d.f0 = c
c.f0 = d
rb = ref(a)
a = node(0)
ra = ref(a)
c = node(1)
e = node(1)
f = node(1)
c.f0 = e
e.f0 = c
ra = ref(b)
a = node(0)
a = node(0)
e = node(1)
a = node(0)
g = node(1)
e.f0 = f
f.f0 = g
g.f0 = e
ra = ref(a)
c = node(0)
a = node(0)
a = b
rc = ref(c, "allocate")
a = node(0)
b = node(0)
c = node(1)
e = node(0)
f = node(0)
g = node(1)
c.f0 = e
g.f0 = c
ra = ref(a)
c = node(0)
a = node(0)
d = node(1)
a = node(0)
e = node(0)
d.f0 = c
ra = ref(a)
c = node(0)
a = node(0)
a = node(0)
