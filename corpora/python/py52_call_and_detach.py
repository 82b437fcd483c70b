# PY-52: called by hand, or detached, it is dead.
import weakref
class Thing:
    pass
thing = Thing()
one = weakref.finalize(thing, lambda: "called")
two = weakref.finalize(thing, print, "never")
print(one(), one.alive, one())
print(two.detach()[2], two.alive, two.detach())
del thing
print("end")
