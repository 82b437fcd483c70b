# Tutorial: a function's names end with it; the objects it returns live on.
import weakref
class Value:
    pass
def make():
    x = Value()
    y = Value()
    global watch
    watch = weakref.ref(y)
    return x
kept = make()
print(kept is not None, watch())
