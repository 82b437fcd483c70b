# PY-40: a weak reference gives the object as long as it lives.
import weakref
class Thing:
    pass
thing = Thing()
watch = weakref.ref(thing)
print(watch() is thing)
del thing
print(watch())
