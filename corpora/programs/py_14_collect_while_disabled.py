# PY-14: disabled means only that nothing happens by itself.
from prelude import *


start()
set_threshold(1, 1, 1)
disable()
a = node(1)
a.f0 = a
b = node(1)
b.f0 = b
del a
del b
get_count()
collect(2)
get_count()
isenabled()
