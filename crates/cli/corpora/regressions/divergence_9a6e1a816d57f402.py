# Found by: gleaner stress --seed 1961486146552941678 --programs 1 --faults all
# under: strategy=generational python=3.11 foreign=5000 fail_at=none
# heap/generational and python/3.11.7 parted at operation 20 of 20, b = node(0).
# heap/generational said:
#     collection of generation 0: 0 collected; survivors 3 in 2, 5 in 2, 6 in 2, 7 in 1, 10 in 2, 11 in 2, 12 in 2, 13 in 1, 14 in 1
#     collection of generation 2: 2 collected; survivors none
#     answer 2
#     collection of generation 2: 0 collected; survivors none
#     and 2 more
# python/3.11.7 said:
#     collection of generation 2: 2 collected; survivors none
#     answer 2
#     collection of generation 2: 0 collected; survivors none
#     answer 0
#     and 1 more
from prelude import *


start()
set_threshold(1, 1, 1)
a = node(0)
a = node(0)
b = a
a = node(0)
b = node(0, "resurrect")
b = node(0)
a = node(0, "resurrect")
a = node(0, "resurrect")
b = node(0, "allocate")
a = node(0)
a = node(0)
c = node(1, "resurrect")
a = node(1)
c.f0 = a
a.f0 = c
ra = ref(a, "allocate")
del c
del a
b = node(0)
