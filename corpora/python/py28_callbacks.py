# PY-28: callbacks hear of the start and the stop of a collection.
import gc
log = []
def callback(phase, info):
    log.append((phase, info["generation"], sorted(info)[:2]))
gc.disable()
gc.callbacks.append(callback)
gc.collect()
gc.collect(0)
gc.callbacks.remove(callback)
for line in log:
    print(line)
