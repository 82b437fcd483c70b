# PY-28: at the stop the info tells what was collected.
import gc
class Node:
    pass
log = []
def callback(phase, info):
    log.append((phase, info["collected"], info["uncollectable"]))
gc.disable()
gc.collect()
gc.callbacks.append(callback)
a = Node()
b = Node()
a.other = b
b.other = a
del a, b
gc.collect()
gc.callbacks.clear()
print(log)
