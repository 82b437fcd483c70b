# PY-23: a tuple of atoms is untracked by a collection; one with a list stays tracked.
import gc
def make(*items):
    return items
atoms = make(1, "two", 3.0)
holds = make([], 1)
gc.collect()
gc.collect()
print(gc.is_tracked(atoms), gc.is_tracked(holds), gc.is_tracked(()))
nested = make(atoms, atoms)
gc.collect()
gc.collect()
print(gc.is_tracked(nested))
