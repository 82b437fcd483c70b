# PY-40: a proxy forwards operators, and is not hashable.
import weakref
class Number:
    def __init__(self, value):
        self.value = value
    def __add__(self, other):
        return self.value + other
    def __radd__(self, other):
        return other + self.value
    def __getitem__(self, key):
        return key
    def __contains__(self, key):
        return key == 1
    def __bool__(self):
        return False
number = Number(4)
proxy = weakref.proxy(number)
print(proxy + 1, 1 + proxy, proxy["key"], 1 in proxy, 2 in proxy, bool(proxy))
try:
    hash(proxy)
except TypeError:
    print("TypeError")
