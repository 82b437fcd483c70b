# PY-38: a weak reference that a finalizer makes to trash is dead afterwards.
import gc, weakref
made = []
class Node:
    def __del__(self):
        made.append(weakref.ref(self.other))
gc.disable()
a, b = Node(), Node()
a.other, b.other = b, a
del a, b
gc.collect()
print([watch() for watch in made])
