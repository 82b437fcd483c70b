# PY-23: atoms are not tracked, containers are.
import gc
print(gc.is_tracked(1), gc.is_tracked(1.0), gc.is_tracked(True), gc.is_tracked(None))
print(gc.is_tracked("a"), gc.is_tracked(b"a"), gc.is_tracked(...), gc.is_tracked(object()))
print(gc.is_tracked(int), gc.is_tracked(object))
class Thing:
    pass
class Slots:
    __slots__ = ()
print(gc.is_tracked(Thing), gc.is_tracked(Thing()), gc.is_tracked(Slots()))
print(gc.is_tracked([]), gc.is_tracked(set()), gc.is_tracked(gc))
def function():
    pass
print(gc.is_tracked(function), gc.is_tracked(lambda: 0))
