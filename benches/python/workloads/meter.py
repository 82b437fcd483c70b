"""What the workloads share: nodes, random numbers, and what is measured.

Each script here makes the same graphs, by the same random choices, as the workload of its name in benches/workloads, with
the garbage collector as Python starts it. It takes the number of objects, runs once, and prints one JSON object. Its
phases are "build", "work" and "end", as there; times are of the thread's CPU clock (the process's
is coarse where processor time is limited):

    workload, subject, objects     what ran; default_objects is the size without an argument
    operations, made, live         what benches/meter.rs counts; live is as of the end of the work
    live_objects {phase: n}        how many objects could be reached at the end of each phase
    cpu_seconds {phase: s}         what each phase took, without the drawing of random numbers
    phases_ns {phase: [from, to]}  when it was
    pauses_ns [[from, length]]     when the collector ran by itself (gc.callbacks), in every phase
    collector_seconds              the sum of their lengths
    resident_before_bytes          the process's memory before the first phase
    resident_bytes {phase: n}      and at the end of each
    peak_rss_bytes                 and the most it had

With `--check` it also counts, after a collection of everything, what the collector tracks at the end of each phase
(`tracked`); times and pauses mean nothing then.
"""

import argparse
import gc
import json
import resource
import sys
import sysconfig
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
    """Marsaglia's xorshift, as in benches/random.rs.

    Python takes longer for a number than for most operations here, so numbers are drawn in batches, and the time that
    takes is not counted."""

    __slots__ = ("meter", "next")

    BATCH = 1 << 14

    def __init__(self, meter):
        self.meter = meter
        self.next = self.numbers().__next__

    def numbers(self):
        state = 0x9E37_79B9_7F4A_7C15
        batch = [0] * self.BATCH
        while True:
            began = time.thread_time_ns()
            for index in range(self.BATCH):
                state ^= (state << 13) & MASK
                state ^= state >> 7
                state ^= (state << 17) & MASK
                batch[index] = state
            self.meter.drawing += time.thread_time_ns() - began
            yield from batch

    def below(self, bound):
        return self.next() % bound

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


def make_ring(objects, meter):
    """Makes a ring in order of allocation; returns the list of its one root."""
    roots = make_nodes(objects, meter)
    for slot in range(objects):
        roots[slot].left = roots[(slot + 1) % objects]
    del roots[1:]
    return roots


def make_random_graph(objects, meter):
    """Makes one random cycle with random second edges; returns the list of its one root."""
    roots = make_nodes(objects, meter)
    random = Random(meter)
    order = random.permutation(objects)
    for index in range(objects):
        node = roots[order[index]]
        node.left = roots[order[(index + 1) % objects]]
        node.right = roots[random.below(objects)]
    del roots[1:]
    return roots


ASKED = False


def collect():
    """Collects everything because the workload asks for it: no pause."""
    global ASKED
    ASKED = True
    found = gc.collect()
    ASKED = False
    return found


def collect_live(objects, meter):
    """Full collections of what lives; an operation is an object looked at."""
    meter.begin_phase("work")
    for _ in range(5):
        collect()
        meter.operations += objects


class Meter:
    """Counters that a workload adds to, and clocks that are read at the boundaries of its phases."""

    def __init__(self, check):
        self.operations = 0
        self.made = 0
        self.live = 0
        self.pauses = []
        self.drawing = 0
        self.phases = {}
        self.seconds = {}
        self.live_objects = {}
        self.resident = {}
        self.tracked = {}
        self.check = check
        self.phase = None
        self.began = 0
        self.baseline = self.count_tracked() if check else 0
        pause_began = 0

        def pause(phase, _info):
            nonlocal pause_began
            if phase == "start":
                pause_began = time.thread_time_ns()
            elif not ASKED:
                self.pauses.append((pause_began, time.thread_time_ns() - pause_began))

        self.callback = pause

    @staticmethod
    def count_tracked():
        """Collects everything and counts what is left: what the workload holds, and a few lists of its own."""
        while collect():
            pass
        return len(gc.get_objects())

    def begin_phase(self, phase):
        """Ends the phase before and begins another: "build", "work" or "end"."""
        now = time.thread_time_ns()
        if self.phase is None:
            gc.callbacks.append(self.callback)
        else:
            self.phases[self.phase] = (self.began, now)
            self.seconds[self.phase] = (now - self.began - self.drawing) / 1e9
            self.live_objects[self.phase] = self.live
            self.resident[self.phase] = resident("VmRSS")
            if self.check:
                self.tracked[self.phase] = self.count_tracked() - self.baseline
        self.phase = phase
        self.drawing = 0
        self.began = time.thread_time_ns()

    def finish(self):
        """Collects for the last time and ends the last phase."""
        collect()
        self.live = 0
        self.begin_phase(None)
        gc.callbacks.remove(self.callback)


def resident(field):
    """This process's memory: "VmRSS" is what it has, "VmHWM" the most it had. Elsewhere than on Linux always the most."""
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith(field + ":"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def version():
    """The Python's version, with a `t` if it has no global lock."""
    free_threaded = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
    return ".".join(map(str, sys.version_info[:3])) + free_threaded


def main(workload, default_objects, run):
    """Runs `run(objects, meter)`, whose graph must be garbage when it returns, and prints what was measured."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("objects", type=int, nargs="?", default=default_objects)
    parser.add_argument("--check", action="store_true", help="count what the collector tracks at each boundary")
    arguments = parser.parse_args()
    resident_before = resident("VmRSS")
    meter = Meter(arguments.check)
    run(arguments.objects, meter)
    meter.finish()
    report = {
        "workload": workload,
        "subject": "python/" + version(),
        "objects": arguments.objects,
        "default_objects": default_objects,
        "operations": meter.operations,
        "made": meter.made,
        "live": meter.live_objects["work"],
        "live_objects": meter.live_objects,
        "cpu_seconds": meter.seconds,
        "phases_ns": meter.phases,
        "pauses_ns": meter.pauses,
        "collector_seconds": sum(length for _, length in meter.pauses) / 1e9,
        "resident_before_bytes": resident_before,
        "resident_bytes": meter.resident,
        "peak_rss_bytes": resident("VmHWM"),
    }
    if arguments.check:
        report["tracked"] = meter.tracked
    print(json.dumps(report))
