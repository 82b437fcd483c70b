# Two nodes that hold each other. Without names their counts stay at 1, so counting never frees them; the
# collection finds both.
from prelude import *


start()
a = node(1, "log")
b = node(1, "log")
a.f0 = b
b.f0 = a
ra = ref(a)
rb = ref(b)
del a
del b
alive(ra)
alive(rb)
census()
collect(2)
alive(ra)
alive(rb)
census()
