# PY-19, at a modest depth: a chain dies from its head, every finalizer once, in order. (Length is for
# other tests.)
from prelude import *


start()
a = node(1, "log")
b = node(1, "log")
b.f0 = a
a = b
b = node(1, "log")
b.f0 = a
a = b
b = node(1, "log")
b.f0 = a
a = b
b = node(1, "log")
b.f0 = a
a = b
b = node(1, "log")
b.f0 = a
a = b
b = node(1, "log")
b.f0 = a
a = b
b = node(1, "log")
b.f0 = a
a = b
b = node(1, "log")
b.f0 = a
a = b
b = node(1, "log")
b.f0 = a
a = b
b = node(1, "log")
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
census()
