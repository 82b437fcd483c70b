# PY-16: an old object that dies with young garbage runs its __del__ and its callback.
# generational: a young pass is a matter of the strategy.
import gc, weakref
class Old:
    def __del__(self):
        print("del old")
class Young:
    pass
gc.disable()
old = Old()
watch = weakref.ref(old, lambda ref: print("callback"))
gc.collect()
gc.collect()
young = Young()
young.me = young
young.old = old
del old, young
gc.collect(0)
print(watch() is None)
