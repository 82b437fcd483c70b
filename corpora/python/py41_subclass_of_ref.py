# PY-41: weak references of a subclass are not shared.
import weakref
class MyRef(weakref.ref):
    def __init__(self, thing, callback=None, value=1):
        super().__init__(thing, callback)
        self.value = value
    def __call__(self):
        return super().__call__()
class Thing:
    pass
thing = Thing()
one = MyRef(thing)
two = MyRef(thing, value=24)
print(one is two, one() is thing, two.value)
print(weakref.getweakrefcount(thing))
del thing
print(one(), two())
