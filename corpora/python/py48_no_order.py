# PY-48: weak references have no order.
import weakref
class Thing:
    def __lt__(self, other):
        return True
x, y = Thing(), Thing()
try:
    weakref.ref(x) < weakref.ref(y)
except TypeError as error:
    print("TypeError")
