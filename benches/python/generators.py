"""Generators in pipelines, and recursive ones over a tree."""

import sys


def numbers(count):
    for number in range(count):
        yield number, str(number)


def pairs(source):
    previous = None
    for number, text in source:
        if previous is not None:
            yield (*previous, number, text)
        previous = (number, text)


def chosen(source):
    for first, name, second, other in source:
        if (first + second) % 3:
            yield {"sum": first + second, "name": name + other}


def walk(tree):
    if isinstance(tree, tuple):
        for branch in tree:
            yield from walk(branch)
    else:
        yield tree


def main(loops):
    tree = 1
    for _ in range(11):
        tree = (tree, tree)
    for _ in range(loops):
        sum(entry["sum"] for entry in chosen(pairs(numbers(5000))))
        sum(walk(tree))


main(int(sys.argv[1]) if len(sys.argv) > 1 else 380)
