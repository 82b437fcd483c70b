# PY-50: its callback is called once.
import gc, weakref
class Thing:
    def method(self):
        return 1
calls = []
thing = Thing()
watch = weakref.WeakMethod(thing.method, calls.append)
del thing
gc.collect()
print(len(calls), calls[0] is watch, watch())
