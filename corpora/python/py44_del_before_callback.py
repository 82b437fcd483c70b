# PY-44: __del__ runs first and sees living references; then the callbacks.
import weakref
class Thing:
    def __del__(self):
        print("del", watch() is self)
thing = Thing()
watch = weakref.ref(thing, lambda ref: print("callback", ref()))
del thing
