# PY-35: what saves itself does not keep other trash, and is not counted.
import gc
saved = []
class Saver:
    def __init__(self):
        self.me = self
    def __del__(self):
        saved.append(self)
class Trash:
    def __init__(self):
        self.me = self
gc.disable()
gc.collect()
Saver()
for number in range(10):
    Trash()
print(gc.collect())
saved.clear()
