"""Pickles and unpickles objects that share parts."""

import pickle
import sys


class Point:
    def __init__(self, x, y, label):
        self.x, self.y, self.label = x, y, label


def main(loops):
    shared = ("shared", {"key": [1, 2, 3]})
    points = [Point(i, i * 0.5, {"name": "p%d" % i, "more": shared, "list": list(range(i % 7))}) for i in range(2000)]
    for _ in range(loops):
        pickle.loads(pickle.dumps(points, protocol=5))


main(int(sys.argv[1]) if len(sys.argv) > 1 else 280)
