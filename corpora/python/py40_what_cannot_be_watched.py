# PY-40: ints, strings, tuples, lists and dicts cannot be watched.
import weakref
for value in (1, "a", (1,), [], {}, None):
    try:
        weakref.ref(value)
    except TypeError as error:
        print(error)
class Items(list):
    pass
items = Items()
print(weakref.ref(items)() is items)
