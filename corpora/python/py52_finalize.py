# PY-52: finalize calls once, when the object dies.
import weakref
class Thing:
    pass
def bye(*args, **keywords):
    print("bye", args, keywords)
    return "result"
thing = Thing()
finalizer = weakref.finalize(thing, bye, 1, 2, key=3)
print(finalizer.alive, finalizer.peek()[1:] == (bye, (1, 2), {"key": 3}))
del thing
print(finalizer.alive, finalizer.peek(), finalizer())
