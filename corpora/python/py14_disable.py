# PY-14: disable() switches automatic collection off; an explicit one still works.
import gc, weakref
class Node:
    pass
gc.disable()
print(gc.isenabled())
node = Node()
node.me = node
watch = weakref.ref(node)
del node
junk = [[] for number in range(5000)]
print(watch() is None)
gc.collect()
print(watch() is None)
gc.enable()
print(gc.isenabled())
