# PY-40: alive, the reference gives the very node; dead, nil.
from prelude import *


start()
a = node(0)
ra = ref(a)
b = ra()
which(a)
which(b)
getrefcount(a)
del a
alive(ra)
del b
alive(ra)
b = ra()
which(b)
