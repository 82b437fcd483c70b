# Tutorial: small ints and names are shared, other results are not.
x = 10
y = 10
print(id(x) == id(y))
x += 1
print(id(x) == id(y), x, y)
a = int("1000")
b = int("1000")
print(a is b, a == b)
