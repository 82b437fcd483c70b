# PY-46: a callback that is part of the garbage is not called.
import gc, weakref
class Node:
    def hear(self, ref):
        print("never")
gc.disable()
node, other = Node(), Node()
node.me = node
node.other = other
other.back = node
node.watch = weakref.ref(other, node.hear)
del node, other
gc.collect()
print("done")
