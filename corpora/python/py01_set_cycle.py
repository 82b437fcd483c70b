# PY-1: a cycle through a set of an instance with a hash.
import gc
class Key:
    def __hash__(self):
        return 7
    def __eq__(self, other):
        return self is other
gc.collect()
key = Key()
key.mine = {key}
del key
print(gc.collect())
