# PY-8: __del__ of garbage may ask for a collection; it returns 0.
import gc
class Node:
    def __del__(self):
        print("inside", gc.collect())
gc.disable()
gc.collect()
node = Node()
node.me = node
del node
print(gc.collect())
