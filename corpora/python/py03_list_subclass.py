# PY-3: a subclass of list in a cycle with itself.
import gc
class Items(list):
    pass
items = Items()
items.me = items
items.append(items)
gc.collect()
del items
print(gc.collect())
