# PY-7: only 0, 1 and 2 are generations.
import gc
for number in (-1, 3, 100):
    try:
        gc.collect(number)
    except ValueError as error:
        print(number, error)
