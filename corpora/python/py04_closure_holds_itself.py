# PY-4: a closure that refers to itself through its cell.
import gc, weakref
def make():
    def inner():
        return inner
    return inner
f = make()
watch = weakref.ref(f)
gc.collect()
del f
print(watch() is None)
print(gc.collect() > 0, watch() is None)
