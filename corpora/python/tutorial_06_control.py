# Tutorial: the collector can be switched off and on, and run by hand.
import gc
gc.disable()
print(gc.isenabled())
gc.enable()
print(gc.isenabled())
print(type(gc.collect()).__name__)
