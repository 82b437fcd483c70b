# PY-59: getrefcount counts its own argument.
import sys
items = []
print(sys.getrefcount(items))
other = items
print(sys.getrefcount(items))
holder = [items, items]
print(sys.getrefcount(items))
del holder, other
print(sys.getrefcount(items))
