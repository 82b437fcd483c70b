"""An object is watched and recalled; the size is the number of operations."""

from weakref import ref

from meter import Watched, main


def run(objects, meter):
    meter.begin_phase("build")
    node = Watched()
    meter.made = meter.live = 1

    meter.begin_phase("work")
    weak = None
    for _ in range(objects):
        weak = ref(node)
        weak()
    meter.operations = objects
    meter.begin_phase("end")


main("weak-upgrade", 10_000_000, run)
