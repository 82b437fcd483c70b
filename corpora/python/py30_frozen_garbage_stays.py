# PY-30: what is frozen is not collected until it is unfrozen.
import gc, weakref
class Node:
    pass
gc.disable()
node = Node()
node.me = node
watch = weakref.ref(node)
gc.freeze()
del node
gc.collect()
print(watch() is None)
gc.unfreeze()
gc.collect()
print(watch() is None)
