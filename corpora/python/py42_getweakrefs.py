# PY-42: the plain one first, then the others; the count counts all.
import weakref
class Thing:
    pass
thing = Thing()
print(weakref.getweakrefcount(thing), weakref.getweakrefs(thing))
told = weakref.ref(thing, lambda ref: None)
plain = weakref.ref(thing)
refs = weakref.getweakrefs(thing)
print(len(refs), refs[0] is plain, refs[1] is told)
proxy = weakref.proxy(thing)
print(weakref.getweakrefcount(thing))
print(weakref.getweakrefcount(1), weakref.getweakrefs(1))
