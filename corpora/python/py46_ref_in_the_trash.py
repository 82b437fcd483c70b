# PY-46: a weak reference that is trash itself is not called back; one outside is.
import gc, weakref
class Node:
    pass
gc.disable()
a, b = Node(), Node()
a.other, b.other = b, a
a.watch = weakref.ref(b, lambda ref: print("never"))
outside = weakref.ref(b, lambda ref: print("outside"))
del a, b
gc.collect()
