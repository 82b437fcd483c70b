# Found by: gleaner stress --seed 6355775803754925037 --programs 1 --faults all
# under: strategy=paced python=3.11 foreign=0 fail_at=28 slices=long
# heap/paced and contract parted at operation 35 of 35, a = node(0).
# heap/paced said:
#     collection of generation 2: 0 collected; survivors 20 in 2, 24 in 2, 28 in 2, 29 in 2
#     answer 0
#     collection of generation 2: 0 collected; survivors none
#     answer 0
#     and 1 more
# contract said:
#     L3, a collection of everything leaves no garbage: 20 was unreachable, and is still there
from prelude import *


start()
a = node(0)
ra = ref(a, "log")
ra = ref(a)
a = node(0)
a = node(0)
a = node(0)
a = node(0)
a = node(0)
a = node(0)
a = node(0)
a = node(0)
ra = ref(a)
a = node(0)
a = node(0)
a = node(0)
ra = ref(a)
set_threshold(1, 0, 0)
a = node(0)
ra = ref(a)
a = node(0)
a = node(0)
b = node(0)
a = node(0)
a = node(1)
ra = ref(a)
ra = ref(a, "collect")
a.f0 = b
b = node(0)
b = node(0)
b = node(2)
a = node(0)
b.f0 = b
b.f1 = a
b = node(0)
a = node(0)
