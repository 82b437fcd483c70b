# PY-11: a finalizer that takes the cycle apart while others wait.
import gc
class Node:
    def __init__(self, name):
        self.name = name
    def __del__(self):
        print("del", self.name)
        self.next = None
gc.disable()
gc.collect()
nodes = [Node(name) for name in "abc"]
for one, other in zip(nodes, nodes[1:] + nodes[:1]):
    one.next = other
del nodes, one, other
print(gc.collect())
