# A cache by weak reference: the holder finds the value as long as somebody else needs it, and does not
# keep it itself.
from prelude import *


start()
a = node(0)
b = node(0, "log")
ra = ref(b)
a.ref = ra
del ra
rb = a.ref
c = rb()
which(c)
del c
del b
rb = a.ref
alive(rb)
