# PY-51: a value that nobody else holds is gone at once.
import weakref
class Thing:
    pass
table = weakref.WeakValueDictionary()
table["key"] = Thing()
print(len(table), table.get("key"))
