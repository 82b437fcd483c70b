# PY-44: a finalizer or callback that raises stops nothing: the others run, the node is gone.
from prelude import *


start()
a = node(0, "raise")
ra = ref(a, "log")
rb = ref(a, "raise")
rc = ref(a, "log")
del a
alive(ra)
b = node(1, "raise")
b.f0 = b
del b
collect(2)
census()
