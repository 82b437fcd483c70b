# PY-11: one finalizer brings its node back, the next drops what was saved: the node dies within the pass.
from prelude import *


start()
a = node(1, "resurrect")
b = node(1, "drop")
c = node(1, "log")
a.f0 = b
b.f0 = c
c.f0 = a
del a
del b
del c
collect(2)
census()
collect(2)
census()
