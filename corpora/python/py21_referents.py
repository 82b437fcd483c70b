# PY-21: get_referents gives the direct children, of all arguments one after the other.
import gc
one = [1, 3, 5]
two = (7, 9, 11)
print(sorted(gc.get_referents(one)))
print(sorted(gc.get_referents(one, two)))
print(sorted(gc.get_referents({1: 2, 3: 4})))
print(gc.get_referents(1, "a", 4.0))
