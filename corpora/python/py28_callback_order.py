# PY-28: callbacks are called in the order of the list; errors in them do not go on.
import gc
def first(phase, info):
    print("first", phase)
    raise ValueError("ignored")
def second(phase, info):
    print("second", phase)
gc.disable()
gc.callbacks.extend([first, second])
gc.collect(1)
gc.callbacks.clear()
