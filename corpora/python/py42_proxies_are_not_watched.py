# PY-42 A proxy cannot be watched, has no weak references, and is callable or not from its beginning on.
import weakref
class Node:
    pass
def function():
    return "called"
node = Node()
proxy, calling = weakref.proxy(node), weakref.proxy(function)
print(weakref.getweakrefcount(proxy), weakref.getweakrefs(proxy))
print(type(proxy).__name__, type(calling).__name__, calling())
del node, function
print(type(proxy).__name__, type(calling).__name__)
for name, act in [("call", lambda: proxy()), ("call", lambda: calling()), ("next", lambda: next(proxy)),
                  ("argument", lambda: weakref.ref(act)(1))]:
    try:
        act()
    except Exception as error:
        print(name, type(error).__name__)
class Sub(weakref.ref):
    pass
watched = Node()
outer = Sub(watched)
print(weakref.getweakrefcount(outer), len(weakref.getweakrefs(watched)))
