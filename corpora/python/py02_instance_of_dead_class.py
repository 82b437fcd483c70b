# PY-2: an instance keeps its class alive.
import gc, weakref
class Thing:
    pass
thing = Thing()
watch = weakref.ref(Thing)
del Thing
gc.collect()
print(watch() is None, type(thing).__name__)
del thing
gc.collect()
print(watch() is None)
