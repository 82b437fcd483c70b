# A finalizer stands for a file that must be closed. In the ring it waits for the collector, outside it
# runs at once.
from prelude import *


start()
a = node(1, "log")
b = node(1, "log")
b.f0 = b
del a
del b
get_count()
collect(2)
