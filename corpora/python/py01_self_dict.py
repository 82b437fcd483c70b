# PY-1: a dict that holds itself is one unreachable object.
import gc
gc.collect()
table = {}
table["self"] = table
del table
print(gc.collect())
