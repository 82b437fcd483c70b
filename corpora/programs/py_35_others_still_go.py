# PY-35: while one ring comes back, another beside it is collected in the same pass.
from prelude import *


start()
a = node(1, "resurrect")
a.f0 = a
b = node(1, "log")
c = node(1, "log")
b.f0 = c
c.f0 = b
del a
del b
del c
collect(2)
census()
