# V: PY-36 An iterator over a set holds the set, not its items, and keeps its type at its end; slices have hashes from 3.12 on.
class Node:
    def __del__(self):
        print("del")
    def __hash__(self):
        return 1
items = {Node()}
iterator = iter(items)
next(iterator)
items.clear()
print("cleared")
for sequence in [[], (), "", {}, set(), range(0)]:
    iterator = iter(sequence)
    next(iterator, None)
    print(type(iterator).__name__)
pair = (1, 2)
print(pair[:] is pair, "text"[:] == "text")
try:
    print({}[1:2])
except Exception as error:
    print(type(error).__name__)
