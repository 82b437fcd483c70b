# PY-60: None, True, False, Ellipsis, NotImplemented, the empty tuple and the empty string exist once.
def make(*items):
    return items
print(make() is (), bool(1) is True, bool(0) is False, type(None)() is None)
print("".join([]) is "" if False else "".join([]) == "", type(...)() is ...)
print(make() is make())
