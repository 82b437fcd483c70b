# Tutorial: a generator holds one value at a time.
def numbers(limit):
    for i in range(limit):
        yield i
made = numbers(10000)
print(next(made), next(made), sum(made))
print(list(numbers(3)), [n * n for n in numbers(4)])
