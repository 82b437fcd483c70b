# PY-3: an instance with itself as an attribute.
import gc
class Thing:
    pass
thing = Thing()
thing.me = thing
gc.collect()
del thing
print(gc.collect() > 0)
