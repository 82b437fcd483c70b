# PY-31: in a cycle with itself, once, at the collection.
import gc
class Thing:
    def __del__(self):
        print("del")
gc.disable()
thing = Thing()
thing.me = thing
del thing
print("before")
gc.collect()
print("after")
gc.collect()
