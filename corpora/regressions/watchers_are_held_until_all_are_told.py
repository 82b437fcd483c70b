# The callback of ref 1 collects while ref 2, told before it, is only held by a dead cycle and by the death that tells
# both: it survives that collection. The heap let it go after its own callback, and reported it collected.
from prelude import *


start()
a = node(0, "resurrect")
ra = ref(a, "collect")
a.ref = ra
ra = ref(a, "log")
a = node(1)
a.ref = ra
a.f0 = a
