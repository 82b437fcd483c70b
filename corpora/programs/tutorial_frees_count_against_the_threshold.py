# Allocations less frees: as long as every node is dropped before the next, the threshold of 1 is never
# passed.
from prelude import *


start()
set_threshold(1, 10, 10)
a = node(0)
del a
a = node(0)
del a
a = node(0)
del a
get_count()
get_stats()
