"""A binary tree, collected live once, then dropped."""

import trees
from meter import collect, main


def run(objects, meter):
    meter.begin_phase("build")
    depth = trees.depth(objects)
    size = trees.size(depth)
    root = trees.bottom_up(depth)
    meter.made = meter.live = size

    meter.begin_phase("work")
    collect()
    del root
    collect()
    meter.operations = size
    meter.live = 0
    meter.begin_phase("end")


main("tree", (2 << 19) - 1, run)
