"""Boehm's GCBench: short-lived trees beside a long-lived tree and array."""

import trees
from meter import main

MIN_DEPTH = 4
STRETCH = 2


def run(objects, meter):
    meter.begin_phase("build")
    max_depth = max(trees.depth(objects), MIN_DEPTH)
    stretch = max_depth + STRETCH
    trees.bottom_up(stretch)
    stays = trees.top_down(max_depth)
    array = [None] * (4 * objects)
    meter.made = trees.size(stretch) + trees.size(max_depth) + 1
    meter.live = trees.size(max_depth) + 1

    meter.begin_phase("work")
    for depth in range(MIN_DEPTH, max_depth + 1, 2):
        number = 2 * trees.size(stretch) // trees.size(depth)
        for _ in range(number):
            trees.top_down(depth)
        for _ in range(number):
            trees.bottom_up(depth)
        meter.operations += 2 * number * trees.size(depth)
        meter.made += 2 * number * trees.size(depth)
    meter.begin_phase("end")
    del stays, array


main("gcbench", (2 << 16) - 1, run)
