# Tutorial: lists share changes because assignment copies references.
rows = [[0] * 3] * 2
rows[0][0] = 1
print(rows)
rows = [[0] * 3 for number in range(2)]
rows[0][0] = 1
print(rows)
def append(item, items=[]):
    items.append(item)
    return items
print(append(1), append(2))
