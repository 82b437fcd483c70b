# PY-20: get_objects() lists tracked objects, but not its own result.
import gc
mine = [1]
everything = gc.get_objects()
print(any(one is mine for one in everything))
print(any(one is everything for one in everything))
