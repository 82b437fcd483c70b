# Tutorial: a leak is an object that a forgotten name still refers to.
import gc, weakref
class Session:
    pass
registry = {}
session = Session()
watch = weakref.ref(session)
registry["id"] = session
del session
gc.collect()
print(watch() is not None)
registry.clear()
print(watch() is not None)
