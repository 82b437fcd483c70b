# Found by: gleaner stress --seed 15438140747528541233 --programs 1 --faults all: the contract's mistake, not the heap's.
# Of the refs that were told of a death, one was held by garbage that had gone, and by the telling; a collection by another of
# them showed that it was there. It died with the telling, and the contract thought it lived on.
# under: strategy=paced python=3.13 foreign=20 fail_at=11 slices=long
from prelude import *


start()
a = node(0)
a = node(0)
ra = ref(a, "collect")
b = node(0)
b = node(0)
c = node(1)
a.ref = ra
b = node(0)
ra = ref(a, "log")
b = node(0)
c.ref = ra
b = node(0)
b = node(1)
a = node(0)
b.f0 = c
c.f0 = b
ra = ref(a)
del b
del c
a = node(0)
