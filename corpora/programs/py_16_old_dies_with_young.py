# PY-16: an old node held only by a young ring dies in the young collection, though that does not look at
# it: its finalizer and its callback run, and the weak reference to the ring is dead by then.
from prelude import *


start()
a = node(0, "log")
ra = ref(a, "log")
collect(1)
collect(1)
b = node(2, "log")
b.f0 = b
b.f1 = a
rb = ref(b)
del a
del b
census()
collect(0)
alive(ra)
alive(rb)
