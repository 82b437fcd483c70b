# PY-30: freeze() takes everything out of the collector's sight, a ring without names too; unfreeze() puts
# all of it into generation 2.
from prelude import *


start()
a = node(1)
a.f0 = a
ra = ref(a)
b = node(0)
get_freeze_count()
del a
freeze()
get_freeze_count()
collect(2)
alive(ra)
unfreeze()
get_freeze_count()
census()
collect(1)
alive(ra)
collect(2)
alive(ra)
