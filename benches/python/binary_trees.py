"""Builds and drops binary trees, short-lived ones beside one that stays."""

import sys


class Node:
    __slots__ = ("left", "right")

    def __init__(self, left, right):
        self.left, self.right = left, right

    def count(self):
        return 1 + (self.left.count() + self.right.count() if self.left else 0)


def tree(depth):
    return Node(tree(depth - 1), tree(depth - 1)) if depth else Node(None, None)


def main(loops):
    stays = tree(14)
    for _ in range(loops):
        for depth in (4, 6, 8, 10, 12):
            assert tree(depth).count() == 2 ** (depth + 1) - 1
    assert stays.count() == 2**15 - 1


main(int(sys.argv[1]) if len(sys.argv) > 1 else 350)
