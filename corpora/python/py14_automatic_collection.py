# PY-14: enough new objects set off a collection by themselves.
import gc, weakref
class Node:
    pass
gc.enable()
node = Node()
node.me = node
watch = weakref.ref(node)
del node
junk = [[] for number in range(20000)]
print(watch() is None)
