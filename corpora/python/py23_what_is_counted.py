# V: PY-23 what is not tracked is not counted: a dict of atoms up to 3.13, a tuple of atoms that has survived a pass.
import gc
gc.disable()
class Base:
    pass
def knot(make, survives=False):
    knot = [make()]
    knot.append(knot)
    if survives:
        gc.collect()
    del knot
    return gc.collect()
number = int("1")
print(knot(lambda: {}), knot(lambda: {1: 2}), knot(lambda: {1: []}))
print(knot(lambda: (number, number)), knot(lambda: (number, number), True), knot(lambda: (number, [])))
print(knot(lambda: {number}))
def once_tracked():
    table = {1: []}
    table.clear()
    return table
print(knot(once_tracked), knot(once_tracked, True))
def kind(item):
    class Kind(Base):
        attribute = item
kind(None)
print(gc.collect())
kind((number,))
print(gc.collect())
kind([])
print(gc.collect())
