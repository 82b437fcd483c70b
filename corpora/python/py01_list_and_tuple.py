# PY-1: a list and a tuple that hold each other are two.
import gc
gc.collect()
items = []
pair = (items,)
items.append(pair)
pair = None
del items
print(gc.collect())
