# PY-15: freeing what an earlier collection has counted off leaves the count at 0, not below.
from prelude import *


start()
a = node(0)
b = node(0)
c = node(0)
collect(0)
get_count()
del a
get_count()
del b
del c
get_count()
d = node(0)
get_count()
