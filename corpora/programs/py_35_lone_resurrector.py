# PY-35: a pass whose only find came back answers 0.
from prelude import *


start()
a = node(1, "resurrect")
a.f0 = a
del a
collect(2)
census()
a = saved()
del a
collect(2)
