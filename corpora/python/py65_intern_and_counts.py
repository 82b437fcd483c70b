# V: PY-65 in 3.12 an interned string is immortal; before and after it is not counted by its table.
import sys
text = sys.intern("some text, not a name " + str(5))
print(sys.getrefcount(text) == 2)
