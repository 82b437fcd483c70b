"""The benchmark game's binary trees, made, walked and dropped."""

import trees
from meter import main

MIN_DEPTH = 4


def grow_and_walk(depth, meter):
    nodes = trees.count(trees.bottom_up(depth))
    assert nodes == trees.size(depth)
    meter.made += nodes


def run(objects, meter):
    meter.begin_phase("build")
    max_depth = max(trees.depth(objects), MIN_DEPTH + 2)
    grow_and_walk(max_depth + 1, meter)
    stays = trees.bottom_up(max_depth)
    meter.made += trees.size(max_depth)
    meter.live = trees.size(max_depth)

    meter.begin_phase("work")
    for depth in range(MIN_DEPTH, max_depth + 1, 2):
        for _ in range(1 << (max_depth - depth + MIN_DEPTH)):
            grow_and_walk(depth, meter)
            meter.operations += trees.size(depth)
    meter.begin_phase("end")
    del stays


main("binary-trees", (2 << 16) - 1, run)
