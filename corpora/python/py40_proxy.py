# PY-40: a proxy stands for the object; dead, it raises ReferenceError.
import weakref
class Thing:
    def __init__(self):
        self.value = 5
    def double(self):
        return self.value * 2
    def __len__(self):
        return 3
thing = Thing()
proxy = weakref.proxy(thing)
print(proxy.value, proxy.double(), len(proxy))
proxy.value = 8
print(thing.value)
del thing
try:
    proxy.value
except ReferenceError as error:
    print(error)
