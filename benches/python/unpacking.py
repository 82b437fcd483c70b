"""Packs and unpacks tuples, lists and dicts."""

import sys


def main(loops):
    for turn in range(loops):
        for i in range(1000):
            a, b, c, *rest = (i, turn, i + turn, 4.5, "five", i)
            (d, e), [f, *_] = (b, a), [c, *rest, a, b]
            x, y, z = [*rest, (d, e, f)][-3:]
            {**{"a": a, "b": b}, "x": x, "y": (y, z)}


main(int(sys.argv[1]) if len(sys.argv) > 1 else 1200)
