# PY-45: the callback can be read until it has been called.
import weakref
class Thing:
    pass
def callback(ref):
    print("called")
thing = Thing()
watch = weakref.ref(thing, callback)
print(watch.__callback__ is callback, weakref.ref(thing).__callback__)
try:
    watch.__callback__ = None
except AttributeError:
    print("read only")
del thing
print(watch.__callback__)
