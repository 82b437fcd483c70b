# PY-44: a death by count calls the finalizer first and the callbacks after it.
from prelude import *


start()
a = node(0, "log")
ra = ref(a, "log")
rb = ref(a, "log")
del a
census()
