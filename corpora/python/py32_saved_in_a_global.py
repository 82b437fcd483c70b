# PY-32: __del__ may store the object where it lives on with all it has.
class Phoenix:
    lives = 0
    def __del__(self):
        global kept
        Phoenix.lives += 1
        kept = self
kept = Phoenix()
kept.data = [1, 2]
kept = None
print(kept.data, Phoenix.lives)
kept = None
print(kept, Phoenix.lives)
