# A field counts as a name does: the inner node lives as long as the outer one holds it.
from prelude import *


start()
a = node(1)
b = node(0, "log")
a.f0 = b
getrefcount(b)
del b
census()
a.f0 = nil
census()
