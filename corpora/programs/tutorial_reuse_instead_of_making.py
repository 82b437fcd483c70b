# A new node each round raises the count for a moment, one node used again does not.
from prelude import *


start()
a = node(1)
a = node(1)
a = node(1)
get_count()
b = node(1)
a.f0 = b
a.f0 = nil
a.f0 = b
a.f0 = nil
get_count()
