# Tutorial: __enter__ and __exit__.
class Resource:
    def __enter__(self):
        print("enter")
        return self
    def __exit__(self, kind, value, traceback):
        print("exit", kind and kind.__name__)
        return kind is KeyError
with Resource() as resource:
    print("body")
with Resource():
    raise KeyError("swallowed")
try:
    with Resource():
        raise ValueError("goes on")
except ValueError as error:
    print("caught", error)
