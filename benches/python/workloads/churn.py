"""Random edge writes in a live graph (3/4) and new dead cycles that point into it (1/4)."""

from meter import Node, Random, main, make_nodes

ROUNDS = 8


def run(objects, meter):
    meter.begin_phase("build")
    below = Random(meter).below
    roots = make_nodes(objects, meter)
    for node in roots:
        node.left = roots[below(objects)]
        node.right = roots[below(objects)]
    del node
    meter.live = objects

    meter.begin_phase("work")
    pairs = 0
    for _ in range(ROUNDS * objects):
        if below(4) == 0:
            first = Node()
            second = Node(first)
            first.left = second
            first.right = roots[below(objects)]
            second.right = roots[below(objects)]
            first = second = None
            pairs += 1
        else:
            node, edge = roots[below(objects)], below(2)
            if edge == 0:
                node.left = roots[below(objects)]
            else:
                node.right = roots[below(objects)]
    meter.operations = ROUNDS * objects
    meter.made += 2 * pairs
    meter.begin_phase("end")


main("churn", 1_000_000, run)
