# PY-59: every holder counts: variables, fields, the list of saved nodes; weak references do not.
from prelude import *


start()
a = node(2)
getrefcount(a)
b = a
getrefcount(a)
a.f0 = a
a.f1 = a
getrefcount(a)
ra = ref(a)
getrefcount(a)
getrefcount(ra)
rb = ra
getrefcount(ra)
c = node(0)
c.ref = ra
getrefcount(ra)
a.f0 = nil
a.f1 = nil
del b
getrefcount(a)
