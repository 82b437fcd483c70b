# Found by: gleaner stress --seed 14900599786574669672 --programs 1 --faults all
# under: strategy=paced python=3.13 foreign=5000 fail_at=30 slices=short
# heap/paced and contract parted at the epilogue, after all 49 operations.
# heap/paced said:
#     collection of generation 2: 0 collected; survivors 1 in 2
#     collection of generation 2: 1 collected; survivors none
#     answer 1
#     collection of generation 2: 0 collected; survivors none
#     and 2 more
# contract said:
#     L3, a collection of everything leaves no garbage: 1 was unreachable, and is still there
from prelude import *


start()
set_threshold(2, 0, 0)
a = node(0)
c = node(1)
d = node(0)
b = node(0)
c.f0 = d
ra = ref(a)
a = node(0)
del a
d = node(0, "allocate")
rb = ref(b)
b = node(0)
c.f0 = c
rc = ref(b)
a = node(0)
a = node(0)
b = a.f0
a = node(0)
a = node(0)
c = node(1)
d = node(0)
e = node(0)
f = node(1)
c.f0 = d
f.f0 = c
ra = ref(a)
c.ref = ra
b = node(1)
b.f0 = a
rb = ref(b)
a.ref = rc
rc = ref(a, "log")
a = node(0, "allocate")
c = node(0)
d = node(0)
b = node(0)
del c
c = node(0)
a = node(1)
a = node(0)
e = node(1)
a.f0 = c
e.f0 = a
ra = ref(a)
census()
a = node(0)
a = node(0)
c = node(0)
ra = ref(a)
