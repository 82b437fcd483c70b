# PY-48: the hash is the object's and stays, if it was asked for.
import weakref
class Thing:
    def __hash__(self):
        return 42
one, two = Thing(), Thing()
a, b = weakref.ref(one), weakref.ref(two)
print(hash(a))
del one, two
print(hash(a))
try:
    hash(b)
except TypeError as error:
    print(error)
