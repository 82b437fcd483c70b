# PY-59: a parameter is a reference, and so is the caller's variable.
import sys
def count(thing):
    return sys.getrefcount(thing)
items = []
print(count(items), count([]), sys.getrefcount([]))
class Thing:
    def count(self):
        return sys.getrefcount(self)
thing = Thing()
print(thing.count(), Thing().count())
