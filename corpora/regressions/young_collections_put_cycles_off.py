# Found by: gleaner stress --seed 10241033088150448424 --programs 1 --strategy paced --faults all
# under: strategy=paced python=3.11 foreign=5000 fail_at=14 slices=long
# heap/paced and contract parted at the epilogue, after all 7 operations.
# heap/paced said:
#     callback of 1
#     collection of generation 2: 0 collected; survivors none
#     answer 0
#     census: none
# contract said:
#     L10, garbage is bounded: 6 objects where 5 may be: the last cycle has left 0, 0 are new
from prelude import *


start()
b = node(0)
rc = ref(b, "log")
c = node(0)
ra = ref(b)
a = node(0)
rb = ref(a)
collect(0)
