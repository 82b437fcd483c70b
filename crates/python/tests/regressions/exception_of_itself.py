# Found by: hostile, seed 8232703: an exception that is its own argument.
a = ValueError()
a.args = (a,)
b, c = KeyError(), TypeError()
b.args, c.args = (c, "text"), (b,)
for error in (a, b, c):
    try:
        print(str(error))
    except RecursionError as deep:
        print(type(error).__name__, deep)
items = []
pair = (items, 1)
items.append(pair)
print(pair, items)
