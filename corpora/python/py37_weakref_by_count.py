# PY-37: without a cycle the weak reference lives on with the saved object.
import weakref
saved = []
class Saver:
    def __del__(self):
        saved.append(self)
thing = Saver()
watch = weakref.ref(thing)
del thing
print(watch() is saved[0])
