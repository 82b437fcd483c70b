# Three names for one node. The count goes 1, 2, 3, and down again; with the last name the node goes, at
# once and without a collection.
from prelude import *


start()
a = node(0, "log")
getrefcount(a)
b = a
c = a
getrefcount(a)
del b
getrefcount(a)
del c
getrefcount(a)
del a
census()
