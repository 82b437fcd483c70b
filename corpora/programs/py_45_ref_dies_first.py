# PY-45: a reference that goes before its node takes its callback with it.
from prelude import *


start()
a = node(0)
ra = ref(a, "log")
rb = ref(a, "log")
del ra
getweakrefcount(a)
del a
census()
