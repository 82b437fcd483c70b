"""One collection of a dead ring."""

import gc

from meter import main, make_nodes


def run(objects, meter):
    meter.begin_phase("build")
    roots = make_nodes(objects, meter)
    for slot in range(objects):
        roots[slot].left = roots[(slot + 1) % objects]
    del roots[1:]
    meter.live = objects

    meter.begin_phase("work")
    roots.clear()
    gc.collect()
    meter.operations = objects
    meter.live = 0
    meter.begin_phase("end")


main("dead-ring", 1_000_000, run)
