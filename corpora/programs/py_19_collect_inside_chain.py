# PY-19: a chain dies, and finalizers on the way start collections while the rest still hangs in the air.
from prelude import *


start()
c = node(1)
c.f0 = c
rc = ref(c)
del c
a = node(1, "log")
b = node(1, "collect")
b.f0 = a
a = b
b = node(1, "log")
b.f0 = a
a = b
b = node(1, "log")
b.f0 = a
a = b
b = node(1, "collect")
b.f0 = a
a = b
b = node(1, "log")
b.f0 = a
a = b
b = node(1, "log")
b.f0 = a
a = b
b = node(1, "collect")
b.f0 = a
a = b
b = node(1, "log")
b.f0 = a
a = b
b = node(1, "log")
b.f0 = a
a = b
del b
del a
alive(rc)
census()
