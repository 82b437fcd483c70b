"""Full collections of a wide object whose children were replaced at random."""

from itertools import chain

from meter import Node, Random, collect_live, main


def run(objects, meter):
    meter.begin_phase("build")
    hub = [None] * objects
    random = Random(meter)
    for edge in chain(range(objects), random.permutation(objects)):
        hub[edge] = Node(hub)
    for node in hub:
        node.right = hub[random.below(objects)]
    del node
    meter.made = 2 * objects + 1
    meter.live = objects + 1
    collect_live(objects + 1, meter)
    meter.begin_phase("end")


main("hub", 1_000_000, run)
