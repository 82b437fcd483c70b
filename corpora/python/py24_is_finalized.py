# PY-24: is_finalized() tells whether __del__ has run.
import gc
saved = []
class Lazarus:
    def __del__(self):
        saved.append(self)
thing = Lazarus()
print(gc.is_finalized(thing))
del thing
print(gc.is_finalized(saved.pop()))
print(gc.is_finalized(3), gc.is_finalized([]))
