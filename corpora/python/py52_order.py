# PY-52: at an object's death the newest is called first.
import weakref
class Thing:
    pass
thing = Thing()
for number in range(3):
    weakref.finalize(thing, print, "finalizer", number)
del thing
