# PY-37: a weak reference without a callback to a saved object of a cycle is dead.
import gc, weakref
saved = []
class Saver:
    def __init__(self):
        self.me = self
    def __del__(self):
        saved.append(self)
gc.disable()
thing = Saver()
watch = weakref.ref(thing)
del thing
gc.collect()
print(watch(), len(saved))
