# PY-43: the references die together before any callback runs; callbacks run from the newest to the
# oldest.
from prelude import *


start()
a = node(0)
ra = ref(a, "log")
rb = ref(a, "log")
rc = ref(a)
rd = ref(a, "log")
which(ra)
which(rb)
which(rd)
del a
alive(ra)
alive(rb)
alive(rc)
alive(rd)
