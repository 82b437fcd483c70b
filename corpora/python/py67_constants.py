# PY-67: constants that look like names are interned.
def one():
    return "identifier_like"
def two():
    return "identifier_like"
print(one() is two())
made = "".join(["identifier", "_like"])
import sys
print(made is one(), sys.intern(made) is one())
def nested():
    return ("inner_name", 1)
print(nested()[0] is sys.intern("".join(["inner", "_name"])))
