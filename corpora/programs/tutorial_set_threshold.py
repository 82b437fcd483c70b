# The thresholds are what was set last; setting them collects nothing.
from prelude import *


start()
get_threshold()
set_threshold(700, 10, 10)
get_threshold()
set_threshold(5, 2, 1)
get_threshold()
get_stats()
