# PY-48: equal by the objects while both live, by identity afterwards.
import weakref
class Thing:
    def __init__(self, value):
        self.value = value
    def __eq__(self, other):
        return self.value == other.value
    __hash__ = None
x, y, z = Thing(1), Thing(1), Thing(2)
a, b, c = weakref.ref(x), weakref.ref(y), weakref.ref(z)
print(a == b, a != b, a == c, a != c)
del x, y, z
print(a == b, a != b, a == a)
