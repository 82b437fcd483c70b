# PY-28: callbacks hear of the start and the stop of a collection.
# generational: the generation that is told is a matter of the strategy.
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
