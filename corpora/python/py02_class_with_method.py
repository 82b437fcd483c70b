# PY-2: the methods of a deleted class go with it.
import gc, weakref
class Thing:
    def method(self):
        return 1
watch = weakref.ref(Thing.method)
gc.collect()
del Thing
print(watch() is None)
gc.collect()
print(watch() is None)
