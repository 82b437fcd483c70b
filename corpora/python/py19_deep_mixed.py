# PY-19: deep nesting of tuples, lists and dicts, with collections in between.
import gc
thing = None
for number in range(30000):
    thing = (thing,) if number % 3 == 0 else [thing] if number % 3 == 1 else {"x": thing}
gc.collect()
del thing
print(gc.collect())
