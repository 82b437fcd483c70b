# PY-51: copies of weak dicts are weak too.
import weakref
class Thing:
    pass
things = [Thing() for number in range(3)]
table = weakref.WeakValueDictionary(enumerate(things))
copy = table.copy()
other = weakref.WeakValueDictionary()
other.update(table)
print(len(table), len(copy), len(other))
things.pop()
print(len(table), len(copy), len(other), sorted(copy.keys()))
