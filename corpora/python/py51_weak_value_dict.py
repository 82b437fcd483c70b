# PY-51: entries of a WeakValueDictionary go with their values.
import weakref
class Thing:
    def __init__(self, name):
        self.name = name
table = weakref.WeakValueDictionary()
a, b = Thing("a"), Thing("b")
table["a"] = a
table["b"] = b
print(len(table), sorted(table), sorted(thing.name for thing in table.values()))
del a
print(len(table), "a" in table, table.get("a"), table["b"].name)
try:
    table["a"]
except KeyError as error:
    print("KeyError", error)
print(table.pop("b").name, len(table))
