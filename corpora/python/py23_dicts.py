# V: PY-23 a dict is untracked while its values are atoms, up to 3.13.
import gc
print(gc.is_tracked({}), gc.is_tracked({"a": 1}))
table = {"a": 1}
table["b"] = []
print(gc.is_tracked(table))
