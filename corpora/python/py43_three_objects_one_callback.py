# PY-43: one callback can serve many references.
import weakref
class Thing:
    pass
dead = []
things = [Thing() for number in range(3)]
refs = [weakref.ref(thing, dead.append) for thing in things]
things.clear()
thing = None
print(len(dead), [one in dead for one in refs])
