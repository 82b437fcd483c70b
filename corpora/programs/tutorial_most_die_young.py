# A ring that is dropped young costs a small collection; the old list beside it is not looked at: the
# collections of generation 0 report what they found.
from prelude import *


start()
a = node(1)
collect(1)
collect(1)
b = node(1)
b.f0 = b
del b
collect(0)
b = node(1)
b.f0 = b
del b
collect(0)
get_stats()
census()
