# PY-15: the first count is nodes made less nodes freed, the others are collections of the next younger
# generation since the last of their own.
from prelude import *


start()
a = node(0)
b = node(0)
get_count()
collect(0)
get_count()
collect(0)
c = node(0)
get_count()
collect(1)
get_count()
collect(2)
get_count()
