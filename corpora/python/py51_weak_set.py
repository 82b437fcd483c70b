# PY-51: a WeakSet forgets what dies.
import weakref
class Thing:
    pass
a, b = Thing(), Thing()
group = weakref.WeakSet([a])
group.add(b)
group.add(b)
print(len(group), a in group)
del a
print(len(group), [one is b for one in group])
group.discard(b)
print(len(group), b in group)
