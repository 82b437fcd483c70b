# PY-31: an error in __del__ goes nowhere.
class Bad:
    def __del__(self):
        raise ValueError("ignored")
bad = Bad()
del bad
print("goes on")
