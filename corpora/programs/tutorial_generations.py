# A node that survives is moved on: watch its place in the census, generation 0, 1, 2, and 2 again.
from prelude import *


start()
a = node(0)
census()
collect(0)
census()
collect(1)
census()
collect(2)
census()
