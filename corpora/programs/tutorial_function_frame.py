# What a function makes for its own use dies at the return, in the order of its variables; what it gives
# to a global stays.
from prelude import *


def first_frame():
    global a
    p = q = nil
    p = node(0, "log")
    q = node(0, "log")
    a = node(0, "log")
    census()


start()
first_frame()
which(a)
census()
