# PY-21: an instance refers to its attributes and its class.
import gc
class Thing:
    pass
thing = Thing()
thing.value = ["value"]
children = gc.get_referents(thing)
print(any(child is Thing for child in children))
print(["value"] in children or any(isinstance(child, dict) for child in children))
