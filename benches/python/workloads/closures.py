"""Modules of closures that refer to each other, replaced at random."""

from meter import Node, Random, main

FUNCTIONS = 16
CELLS = 3
WEB = 1 + 3 * FUNCTIONS
ROUNDS = 4


def make_module(random):
    module = [None] * FUNCTIONS
    cells = [None] * FUNCTIONS
    for index in range(FUNCTIONS):
        function = Node()
        cells[index] = Node(function)
        function.left = module
        module[index] = function
    for index in range(FUNCTIONS):
        closure = [None] * CELLS
        closure[0] = cells[index]
        closure[1] = cells[(index + 1) % FUNCTIONS]
        closure[2] = cells[random.below(FUNCTIONS)]
        module[index].right = closure
    return module


def run(objects, meter):
    meter.begin_phase("build")
    random = Random(meter)
    modules = max(objects // WEB, 1)
    roots = [make_module(random) for _ in range(modules)]
    meter.made = meter.live = modules * WEB

    meter.begin_phase("work")
    for _ in range(ROUNDS * modules):
        slot = random.below(modules)
        roots[slot] = make_module(random)
        meter.operations += FUNCTIONS
        meter.made += WEB
    meter.begin_phase("end")


main("closures", 490_000, run)
