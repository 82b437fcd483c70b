# With a threshold of 3 the collector runs by itself once more than three nodes were made and not freed:
# not at the third, but when the count has passed 3.
from prelude import *


start()
set_threshold(3, 10, 10)
get_threshold()
a = node(0)
get_count()
b = node(0)
get_count()
c = node(0)
get_count()
d = node(0)
get_count()
e = node(0)
get_count()
