# PY-43: callbacks are called newest first, when all references are dead.
import weakref
class Thing:
    pass
thing = Thing()
refs = []
def make(number):
    def callback(ref):
        print(number, [one() for one in refs])
    refs.append(weakref.ref(thing, callback))
for number in range(3):
    make(number)
del thing
