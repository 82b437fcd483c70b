"""A cache grows, evicts its oldest entries, and is asked at random through weak references."""

import weakref

from meter import Node, Random, Watched, main

OPERATIONS_PER_ENTRY = 4
GENERATIONS = 4


def run(objects, meter):
    meter.begin_phase("build")
    below = Random(meter).below
    capacity = objects // 2
    watches = 2 * capacity
    roots = [None] * capacity
    weak = [None] * watches

    meter.begin_phase("work")
    for added in range(GENERATIONS * capacity):
        entry = Watched(Node())
        roots[added % capacity] = entry
        weak[added % watches] = weakref.ref(entry)
        for _ in range(1, OPERATIONS_PER_ENTRY):
            entry = weak[below(min(watches, added + 1))]()
            payload = None if entry is None else entry.left
        entry = payload = None
        meter.made += 2
        meter.operations += OPERATIONS_PER_ENTRY
    meter.live = 2 * capacity
    meter.begin_phase("end")


main("cache", 400_000, run)
