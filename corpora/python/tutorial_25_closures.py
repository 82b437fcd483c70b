# Tutorial: a closure keeps the variables it uses.
def counter():
    count = 0
    def step():
        nonlocal count
        count += 1
        return count
    return step
one, two = counter(), counter()
print(one(), one(), two(), one.__closure__[0].cell_contents)
