# PY-50: it is dead as well when the function goes.
import gc, weakref
class Thing:
    def method(self):
        return 1
thing = Thing()
watch = weakref.WeakMethod(thing.method)
del Thing.method
gc.collect()
print(watch())
