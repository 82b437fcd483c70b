"""A reference is copied and dropped; the size is the number of operations."""

from meter import Node, main


def run(objects, meter):
    meter.begin_phase("build")
    roots = [Node(), None]
    meter.made = meter.live = 1

    meter.begin_phase("work")
    for _ in range(objects):
        roots[1] = roots[0]
        roots[1] = None
    meter.operations = objects
    meter.begin_phase("end")


main("clone-drop", 30_000_000, run)
