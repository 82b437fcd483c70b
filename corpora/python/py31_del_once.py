# PY-31: __del__ runs once, when the last reference goes.
class Thing:
    def __init__(self, name):
        self.name = name
    def __del__(self):
        print("del", self.name)
a = Thing("a")
b = a
del a
print("still there")
del b
print("gone")
