"""One collection of dead cycles of two."""

from meter import Node, collect, main


def run(objects, meter):
    meter.begin_phase("build")
    pairs = objects // 2
    roots = [None] * pairs
    for slot in range(pairs):
        first, second = Node(), Node()
        first.left = second
        second.left = first
        roots[slot] = first
    first = second = None
    meter.made = meter.live = 2 * pairs

    meter.begin_phase("work")
    roots.clear()
    collect()
    meter.operations = 2 * pairs
    meter.live = 0
    meter.begin_phase("end")


main("dead-pairs", 1_000_000, run)
