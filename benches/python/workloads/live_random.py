"""Full collections of a live random graph."""

from meter import collect_live, main, make_random_graph


def run(objects, meter):
    meter.begin_phase("build")
    roots = make_random_graph(objects, meter)
    meter.live = objects
    collect_live(objects, meter)
    meter.begin_phase("end")


main("live-random", 1_000_000, run)
