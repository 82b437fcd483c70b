# V: PY-23 up to 3.13 a tuple is untracked when a pass sees that nothing in it is tracked, in the order of the pass.
# generational: the order of the survivors decides.
import gc
gc.disable()
number = int("1")
inner = (number, number)
outer = (number, inner)
inner = (number, number)
print(gc.is_tracked(inner), gc.is_tracked(outer))
gc.collect()
print(gc.is_tracked(inner), gc.is_tracked(outer))
gc.collect()
print(gc.is_tracked(inner), gc.is_tracked(outer))
