# Found by: gleaner stress --seed 6154121848721715150 --programs 1 --faults all
# under: strategy=paced python=3.14 foreign=0 fail_at=none slices=short
# heap/paced and contract parted at operation 32 of 32, census().
# heap/paced said:
#     census: 0 in 2, refcount 1 -> nil; 2 in 2, refcount 1 -> nil; 6 in 2, refcount 1 -> nil; 7 in 2, refcount 1 -> 7 6; 8 in 2, refcount 1 -> nil; 10 in 2, refcount 1 -> nil; 12 in 2, refcount 1 -> nil; 16 in 2, refcount 1 -> nil; 17 in 2, refcount 1 -> nil; 19 in 2, refcount 1 -> nil; 21 in 2, refcount 1 -> nil; 22 in 2, refcount 1 -> nil; 23 in 2, refcount 1 -> nil
#     collection of generation 2: 2 collected; survivors none
#     answer 2
#     collection of generation 2: 0 collected; survivors none
#     and 2 more
# contract said:
#     L8, answers are true: 6 does not refer to [-1]
from prelude import *


start()
set_threshold(1, 0, 0)
e = node(0)
d = node(0)
a = node(0, "resurrect")
b = node(0)
c = node(0)
b = node(0)
ra = ref(a)
b = node(1)
rc = ref(b)
c = node(0)
b.ref = ra
b.f0 = b
a = node(0, "resurrect")
a = node(0)
b = node(0, "resurrect")
rb = ref(a)
a.ref = rb
b = node(0)
c = node(1)
c.f0 = d
rb = ref(b)
del d
a = node(0)
b = a
ra = ref(a)
c = node(0)
a = node(0)
ra = ref(a)
d = node(0)
a = node(0)
census()
