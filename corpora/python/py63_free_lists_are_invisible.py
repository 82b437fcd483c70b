# PY-63: objects that reuse memory begin clean.
for number in range(100):
    one, two, three = [], {}, set()
    if one or two or three:
        print("not clean")
    one.append(number)
    two[number] = one
    three.add(number)
    del one, two, three
print("clean")
