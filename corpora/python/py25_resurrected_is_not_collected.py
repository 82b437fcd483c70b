# PY-25: what a finalizer saves is not counted as collected.
import gc
saved = []
class Lazarus:
    def __init__(self):
        self.me = self
    def __del__(self):
        saved.append(self)
gc.disable()
gc.collect()
before = gc.get_stats()[2]["collected"]
Lazarus()
print(gc.collect(), gc.get_stats()[2]["collected"] - before)
