# PY-33: one of three saves the whole cycle; all finalizers run, none a second time.
import gc
saved = []
class Plain:
    def __init__(self, name):
        self.name = name
    def __del__(self):
        print("del", self.name)
class Saver(Plain):
    def __del__(self):
        print("saver", self.name)
        saved.append(self)
gc.disable()
gc.collect()
a, b, c = Plain("a"), Saver("b"), Plain("c")
a.next, b.next, c.next = b, c, a
del a, b, c
print(gc.collect())
print(saved[0].next.name, saved[0].next.next.name)
saved.clear()
print(gc.collect())
