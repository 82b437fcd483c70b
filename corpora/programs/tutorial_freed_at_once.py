# The collector is off, and the node still dies in the statement that drops it: see where the two events
# stand.
from prelude import *


start()
disable()
a = node(0, "log")
ra = ref(a, "log")
alive(ra)
del a
alive(ra)
census()
