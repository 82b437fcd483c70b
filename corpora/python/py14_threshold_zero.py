# PY-14: a first threshold of 0 switches automatic collection off.
import gc, weakref
class Node:
    pass
gc.collect()
gc.set_threshold(0)
node = Node()
node.me = node
watch = weakref.ref(node)
del node
junk = [[] for number in range(5000)]
print(watch() is None)
print(gc.collect() > 0, watch() is None)
