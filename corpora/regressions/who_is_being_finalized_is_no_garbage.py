# Found by: gleaner stress --seed 7275712285470472996 --programs 1 --faults all
# under: strategy=paced python=3.13 foreign=5000 fail_at=none slices=short
# heap/paced and contract parted at operation 18 of 18, b = node(0).
# heap/paced said:
#     finalizer of 0
#     collection of generation 2: 1 collected; survivors none
#     answer 1
#     collection of generation 2: 0 collected; survivors none
#     and 2 more
# contract said:
#     L2, what loses its last reference dies at once: finalizer of 0, but nothing has happened to the object (nothing more belongs here)
from prelude import *


start()
set_threshold(4, 0, 0)
b = node(1, "log")
d = node(0)
e = node(0)
b.f0 = b
a = b
b = node(1, "allocate")
b.f0 = a
a = b
b = node(1, "allocate")
b.f0 = a
a = b
b = node(1)
b.f0 = a
c = node(0, "allocate")
a = node(0)
c = node(0)
b = node(0)
