# PY-8: a collection asked for while one runs does nothing and returns 0.
import gc
seen = []
def callback(phase, info):
    if phase == "start":
        seen.append(gc.collect())
gc.collect()
gc.disable()
gc.callbacks.append(callback)
items = []
items.append(items)
del items
print(gc.collect())
gc.callbacks.remove(callback)
print(seen)
