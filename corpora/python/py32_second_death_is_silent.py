# PY-32: an object that was saved once dies silently the second time.
saved = []
class Lazarus:
    def __del__(self):
        print("del")
        saved.append(self)
thing = Lazarus()
del thing
print(len(saved))
saved.clear()
print(len(saved))
