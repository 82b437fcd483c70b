# Tutorial: assignment copies a reference, not the object.
first = [0] * 10
second = first
second.append(1)
print(first is second, len(first), first)
third = list(first)
third.append(2)
print(third is first, len(first), len(third))
