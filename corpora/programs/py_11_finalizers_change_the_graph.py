# PY-11: each finalizer clears its node's fields while the others wait their turn: every one still runs,
# once.
from prelude import *


start()
a = node(2, "drop")
b = node(2, "drop")
c = node(2, "drop")
a.f0 = b
b.f0 = c
c.f0 = a
a.f1 = c
c.f1 = b
b.f1 = a
del a
del b
del c
collect(2)
census()
