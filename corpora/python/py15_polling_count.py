# PY-15: asking for the count never gives a negative number.
import gc
lowest = 0
for number in range(300):
    junk = [[], {}, (number, [])]
    lowest = min(lowest, gc.get_count()[0])
print(lowest)
