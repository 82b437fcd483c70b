# Tutorial: two nodes that refer to each other outlive their names until the collector runs.
import gc, weakref
class Node:
    def __init__(self, value):
        self.value = value
        self.next = None
gc.disable()
a, b = Node(1), Node(2)
a.next, b.next = b, a
watch = weakref.ref(a)
del a, b
print(watch() is not None)
gc.collect()
print(watch() is not None)
