# WeakSet has no arguments by name.
import weakref
try:
    weakref.WeakSet([], a=1)
except TypeError as error:
    print('TypeError')
