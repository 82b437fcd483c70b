"""What the workloads share: nodes, random numbers, and what is measured.

Each script here makes the same graphs, by the same random choices, as the workload of its name in benches/workloads, with
the garbage collector as Python starts it. It takes the number of objects, runs once, and prints one JSON object. With
`--check` it also counts what the collector tracks at each boundary, after a collection of everything.
"""

import argparse
import gc
import json
import resource
import sys
import time

MASK = 0xFFFF_FFFF_FFFF_FFFF


class Node:
    """The common object: two edges."""

    __slots__ = ("left", "right")

    def __init__(self, left=None, right=None):
        self.left = left
        self.right = right


class Watched(Node):
    """A node that can have weak references, which cost a slot."""

    __slots__ = ("__weakref__",)


class Random:
    """Marsaglia's xorshift, as in benches/random.rs."""

    __slots__ = ("state",)

    def __init__(self):
        self.state = 0x9E37_79B9_7F4A_7C15

    def below(self, bound):
        state = self.state
        state ^= (state << 13) & MASK
        state ^= state >> 7
        state ^= (state << 17) & MASK
        self.state = state
        return state % bound

    def permutation(self, length):
        order = list(range(length))
        for index in range(length - 1, 0, -1):
            other = self.below(index + 1)
            order[index], order[other] = order[other], order[index]
        return order


def make_nodes(objects, meter):
    """Makes a number of nodes without edges."""
    meter.made += objects
    return [Node() for _ in range(objects)]


class Meter:
    """Counters that a workload adds to, and clocks that are read at the boundaries of its phases."""

    def __init__(self, check):
        self.operations = 0
        self.made = 0
        self.live = 0
        self.pauses = []
        self.seconds = {}
        self.live_objects = {}
        self.tracked = {}
        self.check = check
        self.phase = None
        self.began = 0
        self.baseline = self.count_tracked() if check else 0
        pause_began = 0

        def pause(phase, _info):
            nonlocal pause_began
            if phase == "start":
                pause_began = time.process_time_ns()
            else:
                self.pauses.append(time.process_time_ns() - pause_began)

        self.callback = pause

    @staticmethod
    def count_tracked():
        """Collects everything and counts what is left: what the workload holds, and a few lists of its own."""
        while gc.collect():
            pass
        return len(gc.get_objects())

    def begin_phase(self, phase):
        """Ends the phase before and begins another: "build", "work" or "end"."""
        now = time.process_time_ns()
        if self.phase is None:
            gc.callbacks.append(self.callback)
        else:
            self.seconds[self.phase] = (now - self.began) / 1e9
            self.live_objects[self.phase] = self.live
            if self.check:
                self.tracked[self.phase] = self.count_tracked() - self.baseline
        self.phase = phase
        self.began = time.process_time_ns()

    def finish(self):
        """Collects for the last time and ends the last phase."""
        gc.collect()
        self.live = 0
        self.begin_phase(None)
        gc.callbacks.remove(self.callback)


def peak_resident():
    """The most memory this process has had: of this program alone, where the system tells."""
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def main(workload, default_objects, run):
    """Runs `run(objects, meter)`, whose graph must be garbage when it returns, and prints what was measured."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("objects", type=int, nargs="?", default=default_objects)
    parser.add_argument("--check", action="store_true", help="count what the collector tracks at each boundary")
    arguments = parser.parse_args()
    resident_before = peak_resident()
    meter = Meter(arguments.check)
    run(arguments.objects, meter)
    meter.finish()
    report = {
        "workload": workload,
        "subject": "python/" + ".".join(map(str, sys.version_info[:3])),
        "objects": arguments.objects,
        "operations": meter.operations,
        "made": meter.made,
        "live": meter.live_objects["work"],
        "live_objects": meter.live_objects,
        "cpu_seconds": meter.seconds,
        "pauses_ns": meter.pauses,
        "collector_seconds": sum(meter.pauses) / 1e9,
        "resident_before_bytes": resident_before,
        "peak_rss_bytes": peak_resident(),
    }
    if arguments.check:
        report["tracked"] = meter.tracked
    print(json.dumps(report))
