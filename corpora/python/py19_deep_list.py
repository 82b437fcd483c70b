# PY-19: a list nested 100 000 deep dies without using the stack up.
items = None
for number in range(100000):
    items = [items]
del items
print("gone")
