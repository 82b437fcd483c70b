# PY-30: a young node held only by a frozen ring stays: frozen objects are not searched, and what they
# hold is held.
from prelude import *


start()
a = node(2)
a.f0 = a
freeze()
b = node(0, "log")
a.f1 = b
del a
del b
collect(2)
census()
unfreeze()
collect(2)
census()
