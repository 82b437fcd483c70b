"""Full collections of a live ring in order of allocation."""

from meter import collect_live, main, make_ring


def run(objects, meter):
    meter.begin_phase("build")
    roots = make_ring(objects, meter)
    meter.live = objects
    collect_live(objects, meter)
    meter.begin_phase("end")


main("live-ring", 1_000_000, run)
