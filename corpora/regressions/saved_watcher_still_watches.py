# Found by: gleaner stress --seed 16006164083021095587 --programs 1
# under: strategy=mark-sweep python=3.15 foreign=0 fail_at=none
# heap/mark-sweep and model parted at the epilogue, after all 9 operations.
# heap/mark-sweep said:
#     collection of generation 2: 2 collected; survivors none
#     answer 2
#     collection of generation 2: 0 collected; survivors none
#     answer 0
#     and 1 more
# model said:
#     callback of 2
#     collection of generation 2: 2 collected; survivors none
#     answer 2
#     collection of generation 2: 0 collected; survivors none
#     and 2 more
from prelude import *


start()
set_threshold(1, 0, 0)
b = node(0)
a = node(1, "resurrect")
a.f0 = a
ra = ref(b, "log")
a.ref = ra
a = b.f0
ra = ref(a)
a = node(0)
