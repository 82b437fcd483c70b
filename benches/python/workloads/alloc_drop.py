"""An object is made and dropped."""

from meter import Node, main


def run(objects, meter):
    meter.begin_phase("build")
    meter.begin_phase("work")
    for _ in range(objects):
        Node()
    meter.operations = meter.made = objects
    meter.begin_phase("end")


main("alloc-drop", 10_000_000, run)
