"""Full collections of a live ring in order of allocation."""

import gc

from meter import main, make_nodes

COLLECTIONS = 5


def run(objects, meter):
    meter.begin_phase("build")
    roots = make_nodes(objects, meter)
    for slot in range(objects):
        roots[slot].left = roots[(slot + 1) % objects]
    del roots[1:]
    meter.live = objects

    meter.begin_phase("work")
    for _ in range(COLLECTIONS):
        gc.collect()
        meter.operations += objects
    meter.begin_phase("end")


main("live-ring", 1_000_000, run)
