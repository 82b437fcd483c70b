# PY-32: saving an object saves what it refers to.
import gc
saved = []
class Holder:
    def __init__(self):
        self.part = ["part"]
        self.me = self
    def __del__(self):
        saved.append(self)
gc.disable()
Holder()
gc.collect()
print(saved[0].part)
saved.clear()
print(gc.collect() > 0, saved)
