# A weak reference does not keep its node: asked again after the last name has gone, it answers nil.
from prelude import *


start()
a = node(0)
ra = ref(a)
getrefcount(a)
b = ra()
which(b)
del b
del a
b = ra()
which(b)
