# PY-61: results of arithmetic in that range are the small ints.
a, b = 200, 56
print(a + b is 256 if False else (a + b) is int("256"))
big = 10 ** 30
print((big - big) is int("0"), (big // big) is int("1"), (big % big) is int("0"))
print(divmod(500, 2)[0] is int("250"), pow(2, 8) is int("256"), (1 << 8) is int("256"))
print((~int("-257")) is int("256"), (int("255") | int("1")) is int("255"), abs(int("-7")) is int("7"))
print(int("256") + 1 is int("257"), len([1, 2, 3]) is int("3"))
