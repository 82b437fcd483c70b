# PY-3: a subclass of dict in a cycle with itself.
import gc
class Table(dict):
    pass
table = Table()
table["me"] = table
gc.collect()
del table
print(gc.collect() > 0)
print(gc.collect())
