# PY-25: only the statistics of the generation that was asked for change, also when younger ones were
# taken in.
from prelude import *


start()
a = node(1)
a.f0 = a
del a
get_stats()
collect(0)
get_stats()
a = node(1)
a.f0 = a
del a
collect(1)
get_stats()
collect(2)
get_stats()
