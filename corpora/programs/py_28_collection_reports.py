# PY-28: every pass is reported with its generation and its number, those that find nothing too, and
# automatic ones.
from prelude import *


start()
collect(0)
collect(1)
a = node(1)
a.f0 = a
del a
collect(1)
collect(2)
set_threshold(1, 10, 10)
a = node(0)
b = node(0)
c = node(0)
