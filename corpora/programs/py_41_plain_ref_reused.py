# PY-41: a node has one plain reference, asked for as often as one likes; each one with callback is new.
from prelude import *


start()
a = node(0)
ra = ref(a)
rb = ref(a)
which(ra)
which(rb)
getrefcount(ra)
rc = ref(a, "log")
rd = ref(a, "log")
which(rc)
which(rd)
getweakrefcount(a)
del ra
del rb
ra = ref(a)
which(ra)
