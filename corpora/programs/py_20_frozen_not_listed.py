# PY-20: what is frozen is missing from the list of survivors, and is back after unfreeze().
from prelude import *


start()
a = node(0)
freeze()
b = node(0)
collect(2)
unfreeze()
collect(2)
