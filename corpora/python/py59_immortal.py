# V: PY-59 immortal objects have one count for ever from 3.12 on.
import sys
before = sys.getrefcount(None)
holder = [None] * 1000
print(sys.getrefcount(None) == before, sys.getrefcount(True) > 2)
