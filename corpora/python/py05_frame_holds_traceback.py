# PY-5: an exception kept in a local variable makes a cycle through its traceback and the frame.
import gc, weakref
class Big:
    pass
def work():
    big = Big()
    global watch
    watch = weakref.ref(big)
    try:
        raise ValueError("kept")
    except ValueError as error:
        kept = error
gc.disable()
gc.collect()
work()
print(watch() is None)
gc.collect()
print(watch() is None)
