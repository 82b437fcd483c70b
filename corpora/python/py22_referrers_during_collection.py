# PY-22: inside a finalizer nothing is told to refer to the garbage.
import gc
class Node:
    def __del__(self):
        referrers = gc.get_referrers(self)
        print(len([one for one in referrers if isinstance(one, Node)]))
gc.disable()
gc.collect()
a = Node()
b = Node()
a.other = b
b.other = a
del a, b
gc.collect()
