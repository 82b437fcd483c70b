# PY-50: a WeakMethod dies with its object.
import weakref
class Thing:
    def method(self):
        return "called"
thing = Thing()
watch = weakref.WeakMethod(thing.method)
print(watch()())
del thing
print(watch())
