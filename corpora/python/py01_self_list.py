# PY-1: a list that holds itself is one unreachable object.
import gc
gc.collect()
items = []
items.append(items)
del items
print(gc.collect())
print(gc.collect())
