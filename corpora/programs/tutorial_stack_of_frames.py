# Frames end last in, first out: the inner function's node is gone before the outer one goes on.
from prelude import *


def outer():
    p = nil
    p = node(0, "log")
    inner()
    census()


def inner():
    p = nil
    p = node(0, "log")
    census()


start()
outer()
census()
