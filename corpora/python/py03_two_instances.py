# PY-3: since instances keep their attributes inline, a pair of instances counts two.
import gc
class Node:
    pass
a = Node()
b = Node()
a.other = b
b.other = a
gc.collect()
del a, b
print(gc.collect())
