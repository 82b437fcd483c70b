# Found by: gleaner stress --seed 5168673333480682269 --programs 1 --faults all: the contract's mistake, not the heap's.
# Only garbage that had gone held an object that died; a collection by who was told of it ended the doubt too early.
# under: strategy=paced python=3.15 foreign=20 fail_at=none slices=long
from prelude import *


start()
set_threshold(5, 0, 0)
d = node(0)
b = node(0)
a = b
b = node(1)
b.f0 = a
a = b
b = node(2)
b.f0 = a
a = b
a.f1 = a
e = node(1)
a = node(0, "log")
b = node(2)
c = node(0)
e.f0 = a
b.f0 = e
ra = ref(e, "collect")
b.f1 = b
b = node(0)
a = node(0)
e = node(0)
