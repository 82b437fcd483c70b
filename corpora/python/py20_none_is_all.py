# PY-20: no generation means all.
import gc
mine = []
print(any(one is mine for one in gc.get_objects(None)))
print(any(one is mine for one in gc.get_objects(generation=None)))
