# Counts of the three generations, and statistics for each, before and after collections.
from prelude import *


start()
get_count()
get_stats()
a = node(1)
a.f0 = a
del a
get_count()
collect(0)
get_count()
collect(1)
get_count()
get_stats()
