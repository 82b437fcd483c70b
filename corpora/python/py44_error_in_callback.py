# PY-44: an error in a callback goes nowhere, and the next one is called.
import weakref
class Thing:
    pass
def bad(ref):
    raise ValueError("ignored")
thing = Thing()
one = weakref.ref(thing, lambda ref: print("good"))
two = weakref.ref(thing, bad)
del thing
print("goes on")
