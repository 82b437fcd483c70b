# PY-10: the collector never asks an instance for attributes.
import gc
class Boom:
    def __getattr__(self, name):
        print("asked for", name)
        raise AttributeError(name)
gc.disable()
gc.collect()
a = Boom()
b = Boom()
a.attr = b
b.attr = a
gc.collect()
del a, b
print(gc.collect())
