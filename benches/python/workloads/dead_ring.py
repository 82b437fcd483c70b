"""One collection of a dead ring."""

from meter import collect, main, make_ring


def run(objects, meter):
    meter.begin_phase("build")
    roots = make_ring(objects, meter)
    meter.live = objects

    meter.begin_phase("work")
    roots.clear()
    collect()
    meter.operations = objects
    meter.live = 0
    meter.begin_phase("end")


main("dead-ring", 1_000_000, run)
