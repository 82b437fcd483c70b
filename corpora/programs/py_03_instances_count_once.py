# PY-3: two instances in a ring are two objects; attributes of theirs add nothing.
from prelude import *


start()
a = node(4)
b = node(4)
a.f0 = b
a.f1 = b
a.f2 = a
b.f0 = a
b.f3 = b
del a
del b
collect(2)
