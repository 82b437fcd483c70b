# PY-16: a callback that runs because of a young pass finds other trash dead.
import gc, weakref
class Node:
    pass
gc.disable()
a, b = Node(), Node()
a.b, b.a = b, a
other = weakref.ref(b)
watch = weakref.ref(a, lambda ref: print("callback", other()))
del a, b
gc.collect(0)
