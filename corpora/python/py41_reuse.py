# PY-41: the plain weak reference and the plain proxy of an object are made once.
import weakref
class Thing:
    pass
thing = Thing()
print(weakref.ref(thing) is weakref.ref(thing))
one = weakref.ref(thing)
print(weakref.ref(thing) is one, weakref.ref(thing, None) is one)
print(weakref.ref(thing, print) is weakref.ref(thing, print))
proxy = weakref.proxy(thing)
print(weakref.proxy(thing) is proxy)
