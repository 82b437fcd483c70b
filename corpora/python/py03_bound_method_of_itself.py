# PY-3: an instance that holds its own bound method.
import gc
class Thing:
    def __init__(self):
        self.run = self.work
    def work(self):
        return "worked"
thing = Thing()
print(thing.run())
gc.collect()
del thing
print(gc.collect() > 0)
print(gc.collect())
