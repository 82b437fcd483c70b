# PY-22: get_referrers gives the containers that refer to an object.
import gc
target = ["target"]
holder = [target]
other = {"key": target}
found = gc.get_referrers(target)
print(any(one is holder for one in found), any(one is other for one in found))
