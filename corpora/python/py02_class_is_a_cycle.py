# PY-2: a class refers to itself, so deleting it leaves garbage once.
import gc
gc.collect()
class Thing:
    pass
del Thing
print(gc.collect() > 0)
print(gc.collect())
