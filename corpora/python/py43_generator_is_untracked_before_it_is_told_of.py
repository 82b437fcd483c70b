# Found by hostile programs: a callback that collects found the dying generator unreachable, and freed it a first time.
import gc
import weakref


def count():
    yield 1
    yield 2


def told(_):
    print("told", gc.collect())


gc.collect()
for number in range(3):
    counting = count()
    next(counting)
    watcher = weakref.ref(counting, told)
    del counting
several = [count() for _ in range(50)]
print([next(counting) for counting in several] == [1] * 50, watcher())
