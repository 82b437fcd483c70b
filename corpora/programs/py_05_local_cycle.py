# PY-5 in shape: a cycle through what was a local variable outlives its frame and is found, as one object.
from prelude import *


def make_cycle():
    p = nil
    p = node(1)
    p.f0 = p


start()
make_cycle()
census()
collect(2)
