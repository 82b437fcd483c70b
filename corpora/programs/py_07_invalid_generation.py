# PY-7: there is no generation 3; asking for it collects nothing and is an error, here -1.
from prelude import *


start()
a = node(1)
a.f0 = a
del a
collect(3)
get_stats()
collect(2)
