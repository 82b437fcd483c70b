# The test defines LIBRARY in front of this.
import ctypes
import gc
import json
import sys
import threading

before = [(number, str(number)) for number in range(100_000)]
growing = [list(range(number % 100 + 1)) for number in range(10_000)]
gleaner = ctypes.PyDLL(LIBRARY)
assert gleaner.gleaner_installed() == 0
assert gleaner.gleaner_install() == 1
assert gleaner.gleaner_install() == 0
assert gleaner.gleaner_installed() == 1


class Functions(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("ctx", "malloc", "calloc", "realloc", "free")]


# Something else takes a part of the place, for a while: that is seen, and nothing is installed over it.
RAW, OBJ = 0, 2
ours, raw = Functions(), Functions()
ctypes.pythonapi.PyMem_GetAllocator(OBJ, ctypes.byref(ours))
ctypes.pythonapi.PyMem_GetAllocator(RAW, ctypes.byref(raw))
mixed = Functions(ours.ctx, raw.malloc, ours.calloc, ours.realloc, ours.free)
ctypes.pythonapi.PyMem_SetAllocator(OBJ, ctypes.byref(mixed))
assert gleaner.gleaner_installed() == 0
assert gleaner.gleaner_install() == -2
ctypes.pythonapi.PyMem_SetAllocator(OBJ, ctypes.byref(ours))
assert gleaner.gleaner_installed() == 1

after = [(number, str(number)) for number in range(100_000)]
for one in growing:
    one.extend(range(100))
del before, growing
gc.collect()
threads = [threading.Thread(target=lambda: [str(i) for i in range(10_000)]) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

length = gleaner.gleaner_stats(None, 0, 1)
buffer = ctypes.create_string_buffer(length + 10_000)
gleaner.gleaner_stats(buffer, len(buffer), 1)
json.loads(buffer.value)
sys.stdout.write(buffer.value.decode() + "\n")
