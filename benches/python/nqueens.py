"""Places queens by permutations: generators, tuples, sets."""

import sys


def permutations(pool):
    if not pool:
        yield ()
    for i, item in enumerate(pool):
        for rest in permutations(pool[:i] + pool[i + 1:]):
            yield (item,) + rest


def queens(n):
    columns = range(n)
    for rows in permutations(tuple(columns)):
        if n == len({rows[i] + i for i in columns}) == len({rows[i] - i for i in columns}):
            yield rows


def main(loops):
    for _ in range(loops):
        assert sum(1 for _ in queens(7)) == 40


main(int(sys.argv[1]) if len(sys.argv) > 1 else 120)
