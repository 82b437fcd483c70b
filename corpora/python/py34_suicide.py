# PY-34: a finalizer that breaks the cycle itself.
import gc
class Suicidal:
    def __init__(self, name):
        self.name = name
    def __del__(self):
        print("del", self.name)
        self.__dict__.pop("next", None)
gc.disable()
gc.collect()
a, b, c = Suicidal("a"), Suicidal("b"), Suicidal("c")
a.next, b.next, c.next = b, c, a
del a, b, c
gc.collect()
print("done")
