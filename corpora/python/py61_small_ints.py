# PY-61: ints from -5 to 256 exist once.
def same(value):
    return int(str(value)) is int(str(value))
print([value for value in (-7, -6, -5, 0, 255, 256, 257, 258) if same(value)])
