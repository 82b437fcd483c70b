# Tutorial: a weak reference does not keep its object.
import sys, weakref
class Cached:
    pass
thing = Cached()
before = sys.getrefcount(thing)
watch = weakref.ref(thing)
print(sys.getrefcount(thing) == before, watch() is thing)
del thing
print(watch())
