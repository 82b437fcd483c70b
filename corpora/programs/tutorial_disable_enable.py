# Between disable() and enable() a low threshold does nothing; with the next node after enable() the ring
# goes.
from prelude import *


start()
set_threshold(1, 10, 10)
disable()
isenabled()
a = node(1)
a.f0 = a
ra = ref(a)
del a
b = node(0)
c = node(0)
alive(ra)
enable()
isenabled()
d = node(0)
alive(ra)
