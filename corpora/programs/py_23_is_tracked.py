# PY-23: an instance is tracked from the start, whatever it holds; what is no object is not.
from prelude import *


start()
a = node(0)
is_tracked(a)
b = node(4)
is_tracked(b)
c = b.f0
is_tracked(c)
freeze()
is_tracked(a)
