# PY-20: bad generations are errors.
import gc
for bad in (1000, -1000):
    try:
        gc.get_objects(generation=bad)
    except ValueError as error:
        print("ValueError", error)
for bad in ("1", 1.234):
    try:
        gc.get_objects(generation=bad)
    except TypeError as error:
        print("TypeError")
