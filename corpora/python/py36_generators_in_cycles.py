# PY-36: a generator in a cycle is closed by the collection.
import gc
def work():
    try:
        yield holder
    finally:
        print("closed")
gc.disable()
holder = []
made = work()
holder.append(made)
next(made)
del made
holder = None
gc.collect()
print("after")
