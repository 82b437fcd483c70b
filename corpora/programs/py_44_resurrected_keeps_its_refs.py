# PY-44: the finalizer brings the node back before its references are touched: they live, no callback
# runs.
from prelude import *


start()
a = node(0, "resurrect")
ra = ref(a, "log")
rb = ref(a)
del a
alive(ra)
alive(rb)
a = saved()
del a
alive(ra)
