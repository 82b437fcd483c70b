# PY-30: freeze() moves all to a permanent generation, unfreeze() to the oldest.
import gc
gc.collect()
mine = []
gc.freeze()
print(gc.get_freeze_count() > 0)
print(any(one is mine for one in gc.get_objects()))
gc.unfreeze()
print(gc.get_freeze_count())
print(any(one is mine for one in gc.get_objects(generation=2)))
