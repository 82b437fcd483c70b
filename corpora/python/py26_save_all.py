# PY-26: with DEBUG_SAVEALL garbage is kept in gc.garbage.
import gc
gc.collect()
print(gc.garbage)
items = ["mine"]
items.append(items)
gc.set_debug(gc.DEBUG_SAVEALL)
del items
gc.collect()
gc.set_debug(0)
print(len(gc.garbage), gc.garbage[0][0])
gc.garbage.clear()
gc.collect()
print(gc.garbage)
