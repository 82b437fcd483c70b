"""Full collections of a live random graph."""

import gc

from meter import Random, main, make_nodes

COLLECTIONS = 5


def run(objects, meter):
    meter.begin_phase("build")
    roots = make_nodes(objects, meter)
    random = Random(meter)
    order = random.permutation(objects)
    for index in range(objects):
        node = roots[order[index]]
        node.left = roots[order[(index + 1) % objects]]
        node.right = roots[random.below(objects)]
    del order, node
    del roots[1:]
    meter.live = objects

    meter.begin_phase("work")
    for _ in range(COLLECTIONS):
        gc.collect()
        meter.operations += objects
    meter.begin_phase("end")


main("live-random", 1_000_000, run)
