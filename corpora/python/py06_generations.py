# PY-6: survivors move on by one generation; a pass collects the younger ones too.
# generational: where survivors go is a matter of the strategy.
import gc
gc.collect()
items = [[]]
def where(x):
    for generation in range(3):
        if any(one is x for one in gc.get_objects(generation=generation)):
            return generation
gc.disable()
print(where(items))
gc.collect(0)
print(where(items))
gc.collect(1)
print(where(items))
gc.collect(2)
print(where(items))
