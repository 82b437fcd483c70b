# PY-64: sys.intern gives one string for each text.
import sys
text = "never " + "interned"[0:8] + str(1)
again = "never " + "interned"[0:8] + str(1)
print(text is again, sys.intern(text) is text, sys.intern(again) is text)
class Text(str):
    pass
try:
    sys.intern(Text("abc"))
except TypeError:
    print("TypeError")
