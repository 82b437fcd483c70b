# V: PY-15 the default thresholds are (700, 10, 10) up to 3.12 and (2000, 10, 10) from 3.13 on.
import gc
print(gc.get_threshold())
