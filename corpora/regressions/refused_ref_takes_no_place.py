# Found by: gleaner stress --seed 2436718718441135702 --programs 1 --faults all
# under: strategy=refcount-only python=3.11 foreign=5000 fail_at=19
# heap/refcount-only and model parted at the epilogue, after all 23 operations.
# heap/refcount-only said:
#     answer 0
#     census: none
# model said:
#     callback of 19
#     answer 0
#     census: none
from prelude import *


start()
a = node(0)
a = node(0)
a = node(0)
b = node(0)
a = b
ra = ref(a)
ra = ref(a, "log")
ra = ref(a, "log")
ra = ref(a)
a = node(0)
ra = ref(b, "log")
a = node(0)
a = node(0)
a = node(0)
ra = ref(b, "log")
ra = ref(a)
a = b
b = node(0)
ra = ref(a, "log")
ra = ref(a, "log")
ra = ref(a, "log")
ra = ref(a, "log")
ra = ref(a, "log")
