# PY-30: freezing does not keep a node from dying with its last name.
from prelude import *


start()
a = node(0, "log")
ra = ref(a, "log")
freeze()
get_freeze_count()
del a
get_freeze_count()
unfreeze()
census()
