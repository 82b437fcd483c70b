# PY-68: names of attributes are interned.
import sys
class Thing:
    pass
thing = Thing()
name = "".join(["dynamic", "_attribute"])
setattr(thing, name, 1)
print([one is sys.intern(name) for one in thing.__dict__])
