# PY-51: entries of a WeakKeyDictionary go with their keys.
import weakref
class Key:
    pass
table = weakref.WeakKeyDictionary()
a, b = Key(), Key()
table[a] = "one"
table[b] = "two"
print(len(table), table[a], a in table, sorted(table.values()))
del a
print(len(table), list(table.items())[0][1])
table[b] = "three"
print(table.setdefault(b, "four"), table.pop(b), len(table))
