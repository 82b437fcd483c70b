# PY-4: a function whose own dict holds it.
import gc
gc.collect()
def function():
    pass
function.me = function
del function
print(gc.collect() > 0)
print(gc.collect())
