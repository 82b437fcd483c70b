# Tutorial: the count follows names; at zero the object goes at once.
import sys
class Tracked:
    def __del__(self):
        print("destroyed")
a = Tracked()
b = a
c = a
print(sys.getrefcount(a) - 1)
del b
print(sys.getrefcount(a) - 1)
del c
print(sys.getrefcount(a) - 1)
del a
print("after")
