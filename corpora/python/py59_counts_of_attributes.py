# PY-59: attributes, items and closures are references.
import sys
class Thing:
    pass
value = ["value"]
thing = Thing()
thing.value = value
table = {"key": value}
group = (value,)
def closure():
    return value
print(sys.getrefcount(value))
thing.value = None
table.clear()
group = None
print(sys.getrefcount(value))
for one in [value]:
    print(sys.getrefcount(value))
print(sys.getrefcount(value))
del one
print(sys.getrefcount(value))
