# Tutorial: three generations, each with a threshold.
import gc
print(len(gc.get_threshold()), len(gc.get_count()), len(gc.get_stats()))
gc.set_threshold(700, 10, 10)
print(gc.get_threshold())
gc.set_threshold(500)
print(gc.get_threshold())
