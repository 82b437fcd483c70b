# PY-52: what lives at exit is called newest first; atexit=False is left out; an error stops nothing.
import weakref
class Thing:
    pass
thing = Thing()
def fail():
    print("fails")
    raise ValueError("ignored")
weakref.finalize(thing, print, "first")
weakref.finalize(thing, fail)
silent = weakref.finalize(thing, print, "never")
silent.atexit = False
weakref.finalize(thing, print, "last")
print("end of program")
