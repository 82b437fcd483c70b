"""A deep recursion returns frame by frame, a second one dies at once."""

from meter import Node, main

CALL = 3


def descend(calls, meter):
    top = None
    for _ in range(calls):
        values = [None] * 3
        values[0] = Node()
        values[1] = None if top is None else top.right
        top = Node(top, values)
    meter.operations += calls
    meter.made += calls * CALL
    return top


def run(objects, meter):
    meter.begin_phase("build")
    calls = objects // CALL

    meter.begin_phase("work")
    top = descend(calls, meter)
    for _ in range(calls):
        top = top.left
    top = descend(calls, meter)
    top = None
    meter.live = 0
    meter.begin_phase("end")


main("recursion", 900_000, run)
