# PY-33: all of a cycle save themselves.
import gc
saved = []
class Saver:
    def __init__(self, name):
        self.name = name
    def __del__(self):
        saved.append(self)
gc.disable()
gc.collect()
a, b = Saver("a"), Saver("b")
a.next, b.next = b, a
del a, b
print(gc.collect(), [one.name for one in saved])
saved.clear()
print(gc.collect(), saved)
