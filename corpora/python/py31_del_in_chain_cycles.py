# PY-31: cycles of 1 to 4 instances: each finalizer once.
import gc
count = 0
class Thing:
    def __del__(self):
        global count
        count += 1
gc.disable()
for size in range(1, 5):
    things = [Thing() for number in range(size)]
    for number in range(size):
        things[number].next = things[(number + 1) % size]
    del things
    gc.collect()
    print(size, count)
