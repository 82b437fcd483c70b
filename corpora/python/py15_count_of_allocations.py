# PY-15: count 0 grows with new containers and shrinks with those that die.
import gc
class Node:
    pass
gc.disable()
gc.collect()
before = gc.get_count()[0]
items = [Node() for number in range(500)]
grown = gc.get_count()[0]
print(grown - before >= 400)
del items
print(gc.get_count()[0] < grown)
print(gc.get_count()[0] >= 0)
