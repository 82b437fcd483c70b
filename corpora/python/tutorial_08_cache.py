# Tutorial: a cache of weak references gives memory back.
import weakref
class Image:
    def __init__(self, name):
        self.name = name
cache = weakref.WeakValueDictionary()
def load(name):
    image = cache.get(name)
    if image is None:
        print("loading", name)
        image = Image(name)
        cache[name] = image
    return image
one = load("a")
two = load("a")
print(one is two)
del one, two
three = load("a")
