# PY-6: a young pass does not look at old garbage.
# generational: what a young pass leaves is a matter of the strategy.
import gc, weakref
class Node:
    pass
gc.disable()
node = Node()
node.me = node
watch = weakref.ref(node)
gc.collect()
gc.collect()
del node
gc.collect(0)
print(watch() is None)
gc.collect(1)
print(watch() is None)
gc.collect(2)
print(watch() is None)
