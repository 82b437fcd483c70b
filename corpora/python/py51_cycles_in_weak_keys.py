# PY-51: keys in cycles go with the collection.
import gc, weakref
class Key:
    def __init__(self):
        self.me = self
gc.disable()
table = weakref.WeakKeyDictionary()
for number in range(5):
    table[Key()] = number
print(len(table))
gc.collect()
print(len(table))
