# PY-47: a weak reference made in __del__ ends dead.
import weakref
made = []
class Thing:
    def __del__(self):
        made.append(weakref.ref(self))
thing = Thing()
del thing
print(made[0]())
