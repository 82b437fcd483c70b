# PY-6: collect(1) collects generation 0 as well.
import gc, weakref
class Node:
    pass
gc.disable()
gc.collect()
node = Node()
node.me = node
watch = weakref.ref(node)
del node
gc.collect(1)
print(watch() is None)
