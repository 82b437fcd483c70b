# PY-36: callbacks first, then all finalizers.
import gc, weakref
class Node:
    def __init__(self, name):
        self.name = name
    def __del__(self):
        print("del", self.name)
gc.disable()
gc.collect()
nodes = [Node(number) for number in range(3)]
for number in range(3):
    nodes[number].next = nodes[(number + 1) % 3]
watches = [weakref.ref(node, lambda ref, name=node.name: print("callback", name)) for node in nodes]
del nodes
gc.collect()
