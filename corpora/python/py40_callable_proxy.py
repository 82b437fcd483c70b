# PY-40: a proxy of a callable can be called.
import weakref
class Callable:
    def __call__(self, value):
        return value + 1
thing = Callable()
proxy = weakref.proxy(thing)
print(proxy(1), type(proxy) is weakref.CallableProxyType)
def function(x):
    return x * 2
print(weakref.proxy(function)(4))
del thing
try:
    proxy(1)
except ReferenceError as error:
    print(error)
