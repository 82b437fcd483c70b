# PY-45: a weak reference that is gone is not called back.
import weakref
class Thing:
    pass
thing = Thing()
watch = weakref.ref(thing, lambda ref: print("never"))
del watch
del thing
print("done")
