"""Runs the programs of docs/language.md on the Python that executes this file: CPython 3.11 or newer, with GIL.

    PYTHONPATH=corpora python3 program.py     the program imports this file, which runs it, prints and exits
    python3 prelude.py FILE...                the same for several files
    python3 -I -S prelude.py --batch          a driver: see batch()

What is printed is a transcript, integers as in crates/program/src/transcript.rs.

The programs watch the collector, and whatever this file allocates the collector counts. Hence these rules:

1. The interpreter's and the driver's own objects are hidden from the collector for good (untrack()); in their
   place the permanent generation holds `foreign`, as many empty lists. What belongs to one program (its globals,
   its functions) is frozen. So a reference in a variable or in `saved` is as good as one on the stack; and when
   the program unfreezes, watch() hides its globals.
2. While a program runs, only node() and ref() make objects that stay. Temporaries come out of CPython's free
   lists, which do not count. At its end a full pass empties these, and takes what was in them off the count,
   which stops at 0. So the free lists must be full while something runs in a pass, and empty at its end. watch()
   takes everything out before a full pass, and puts it back after; what runs inside has it back by stir(), until
   the pass says that it is done, to Steps.
3. A traceback would keep frames and nodes alive: code that raises is hidden from tracebacks.
4. What allocates all the same (an exception, a list's iterator) does so with the collector disabled, and frees
   it before it is enabled again.
"""
import sys

if sys.implementation.name != "cpython" or sys.version_info < (3, 11):
    raise SystemExit("prelude: CPython 3.11 or newer is needed; this is %s %s.%s"
                     % (sys.implementation.name, *sys.version_info[:2]))
if not getattr(sys, "_is_gil_enabled", lambda: True)():
    raise SystemExit("prelude: a free-threaded build collects by other rules; a build with GIL is needed")

import _ctypes
import gc
import opcode
import os
from _weakref import getweakrefcount as count_refs, ref as plain_ref
from time import process_time_ns

FINALIZED, CALLBACK, UNRAISABLE, COLLECTION, ANSWER, CENSUS = range(1, 7)
MAX_WATCHERS = 8
INSIDE = sys.version_info < (3, 12)  # an automatic collection runs inside the allocation, not after it

out = []  # the transcript: integers, and the rows of a census as text
log = out.append
saved = []  # nodes that finalizers and callbacks keep
plain = {}  # the id of a ref without callback -> its number; dead ones' stay until their id is used again
following = 0  # the number of the next node or ref
running = False  # whether a program runs
thawed = False  # whether the program has unfrozen
frozen = False  # whether something of it may be frozen
base_frozen = 0  # objects of the permanent generation that are not the program's
stats_before = []  # the nine numbers of gc.get_stats() at start()
was_enabled = True  # before the exception that is on its way
held = []  # what has been taken out of the free lists
tuples = []  # how many tuples that is, for each of SIZES
buried = []  # temporaries that must not come into a free list while the program runs
marks, rows = [], {}  # scratch of find_marks() and census()
foreign = [[] for _ in range(4990)]  # with what belongs to a program about 5000
END = len(foreign)


class State:
    """What holds objects of the collector: in this module's globals these would make the collector see that dict."""

    __slots__ = ("names", "making", "stock")


state = State()
state.names = {}  # the program's globals
state.making = None  # the node that is getting a ref without callback right now
state.stock = None  # a tuple too long for a free list, for its end takes one off the count


class Object(_ctypes._SimpleCData):
    _type_ = "O"


class Function(_ctypes.CFuncPtr):
    _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_PYTHONAPI
    _argtypes_ = (Object,)
    _restype_ = None


untrack = Function(_ctypes.dlsym(_ctypes.dlopen(None, 0), "PyObject_GC_UnTrack"))
track = Function(_ctypes.dlsym(_ctypes.dlopen(None, 0), "PyObject_GC_Track"))


def hidden(function):
    """Hides a function's frames from tracebacks: without RESUME a frame never counts as begun."""
    code = bytearray(function.__code__.co_code)
    for at in range(0, len(code), 2):
        if code[at] == opcode.opmap["RESUME"]:
            code[at] = opcode.opmap["NOP"]
    function.__code__ = function.__code__.replace(co_code=bytes(code))
    return function


# Nodes.

class Missing:
    """A field that a node does not have; all fields of nil."""

    def __get__(self, node, owner=None):
        return nil

    def __set__(self, node, value):
        pass


class Nil:
    __slots__ = ()
    number = -1
    f0 = f1 = f2 = f3 = ref = Missing()

    def __call__(self):
        return nil


nil = Nil()


@hidden
def finalize(self):
    log(FINALIZED)
    log(self.number)
    if self.act is not None:
        self.act(self)


def keep(node):
    saved.append(node)


def allocate_field(self):
    stir()
    self.f0 = node(1)


def drop(node):
    stir()
    node.f0 = nil
    node.f1 = nil
    node.f2 = nil
    node.f3 = nil
    node.ref = nil
    if saved:
        saved.pop()


@hidden
def throw(_):
    global was_enabled
    stir()
    was_enabled = gc.isenabled()
    gc.disable()
    raise ERROR


def collect_all(_):
    collect(2)


def make_class(fields, **more):
    names = ["f%d" % i for i in range(4)]
    slots = {"__slots__": ["act", "number", "ref", "watchers", "__weakref__"] + names[:fields]}
    return type("Node%d" % fields, (), slots | dict.fromkeys(names[fields:], Missing()) | more)


NODES = [make_class(fields) for fields in range(5)]
FINALS = [make_class(fields, __del__=finalize) for fields in range(5)]
EDGES = {kind: ["f%d" % i for i in range(fields)] for kinds in (NODES, FINALS) for fields, kind in enumerate(kinds)}
FINALIZERS = {"log": None, "resurrect": keep, "allocate": allocate_field, "drop": drop, "raise": throw,
              "collect": collect_all}


def node(fields, finalizer=None):
    global following
    if finalizer is None:
        made = NODES[fields]()
        made.act = None
    else:
        made = FINALS[fields]()
        made.act = FINALIZERS[finalizer]
    made.number = following
    following += 1
    made.ref = nil
    made.watchers = 0
    if fields:
        made.f0 = nil
        if fields > 1:
            made.f1 = nil
            if fields > 2:
                made.f2 = nil
                if fields > 3:
                    made.f3 = nil
    return made


# Refs.

class Watcher(plain_ref):
    __slots__ = ("number",)


def ref(node, callback=None):
    global following
    if node is nil:
        return nil
    if callback is None:
        if type(node.__weakref__) is plain_ref:
            return plain_ref(node)
        state.making = node
        made = call(plain_ref, (node,)) if INSIDE else plain_ref(node)
        state.making = None
        plain[id(made)] = following
    else:
        if node.watchers == MAX_WATCHERS:
            return nil
        node.watchers += 1
        made = call(Watcher, (node, CALLBACKS[callback])) if INSIDE else Watcher(node, CALLBACKS[callback])
        made.number = following
    following += 1
    return made


def call(kind, arguments):
    """Calls with a tuple of arguments that the collection inside the allocation does not visit."""
    enabled = gc.isenabled()
    gc.disable()
    untrack(arguments)  # which allocates
    if enabled:
        gc.enable()
    return kind(*arguments)


def begin_callback(ref):
    """Logs; then hides the tuple through which CPython tells several watchers from the collector."""
    log(CALLBACK)
    log(ref.number)
    stir()
    enabled = gc.isenabled()
    gc.disable()
    for holder in gc.get_referrers(ref):
        if type(holder) is tuple:
            untrack(holder)
    holder = None
    if enabled:
        gc.enable()


def on_log(ref):
    log(CALLBACK)
    log(ref.number)


def on_collect(ref):
    begin_callback(ref)
    collect(2)


def on_allocate(ref):
    begin_callback(ref)
    saved.append(node(0))


@hidden
def on_raise(ref):
    log(CALLBACK)
    log(ref.number)
    throw(ref)


CALLBACKS = {"log": on_log, "collect": on_collect, "allocate": on_allocate, "raise": on_raise}


def on_unraisable(report):
    if report.exc_value is not ERROR:
        sys.__unraisablehook__(report)
        return
    log(UNRAISABLE)
    if was_enabled:
        gc.enable()


# The collector at work.

ONE = (None,)
SIZES = 1, 2, 4, 6, 8, 10, 12, 14, 16, 3  # of tuples: arguments, what tells several watchers; a count, the last


def watch(phase, info):
    """Reports a pass (gc.callbacks), and keeps what the driver allocates out of the counts: rule 2."""
    if not running:
        return
    if phase == "start":
        if thawed:
            hide_names()
        if info["generation"] == 2:
            state.stock = ONE * 21
            take_others(info)
            untrack(held[0])  # a list would count as a survivor; the tuples are untracked by the pass itself
            take_all_tuples()
            if frozen:
                stir()  # a frozen node can die without anything running before
        return
    if tuples:
        gc.set_debug(0)
        # The dict `info` is new, for the free lists are empty: it adds one, and `stock` takes one off.
        buried.append(info)
        state.stock = None
        held.clear()
        tuples.clear()
    log(COLLECTION)
    log(info["generation"])
    log(info["collected"])
    find_marks()
    log(len(marks))
    out.extend(marks)
    marks.clear()


def take_others(info):
    """Takes the list and the dicts out of the free lists, for these are never in use when a pass begins."""
    held.append([])
    held.append(info)
    held.append({})
    held.append({})
    held.append({})


def make_tuple(size):
    z = None
    return ONE * size if size > 1 else (z,)  # for ONE * 1 is ONE


def take_all_tuples():
    """Takes all tuples out of the free lists; some may be in use. The count tells which are not from there."""
    for size in SIZES:
        first = len(held)
        if size == 3:
            held.append(gc.get_count())
            held.append(gc.get_count())
            while held[-2][0] == held[-1][0]:
                held.append(gc.get_count())
            buried.append(held.pop())
        else:
            before = gc.get_count()[0]
            held.append(make_tuple(size))
            while gc.get_count()[0] == before:
                held.append(make_tuple(size))
        buried.append(held.pop())
        tuples.append(len(held) - first)


def stir():
    """Fills the free lists for what runs in a full pass, and has the pass tell its end before it empties them.

    What runs and needs nothing need not call this: the pass sets the count to 0, and that takes nothing off it.
    """
    if held:
        held.clear()
        gc.set_debug(gc.DEBUG_STATS)


def at_end_of_pass():
    """Takes out what take_all_tuples() found."""
    take_others({})
    at = 0
    while at < len(SIZES):
        left = tuples[at]
        while left:
            held.append(make_tuple(SIZES[at]))
            left -= 1
        at += 1


class Steps:
    """Stands for sys.stderr: just before it empties the free lists, a full pass says "gc: done, ...", if asked to."""

    __slots__ = ()

    @staticmethod
    def write(text):
        if not text.startswith("gc: "):
            sys.__stderr__.write(text)
        elif text.startswith("gc: done"):
            at_end_of_pass()


def hide_names():
    global base_frozen
    before = gc.get_freeze_count()
    untrack(state.names)
    base_frozen -= before - gc.get_freeze_count()


def objects(generation):
    """Returns the objects of a generation, less the foreign ones, which always stand together."""
    all = gc.get_objects(generation)
    if thawed and generation == 2 and foreign[0] in all:
        at = all.index(foreign[0])
        del all[at : at + END]
    return all


def find_marks():
    fresh = None if state.making is None else state.making.__weakref__
    for generation in 0, 1, 2:
        for thing in objects(generation):
            kind = type(thing)
            if kind in NUMBERED:
                marks.append(getattr(thing, "number", following) << 2 | generation)
            elif kind is plain_ref:
                if thing is fresh:
                    marks.append(following << 2 | generation)
                elif id(thing) in plain:
                    marks.append(plain[id(thing)] << 2 | generation)
    marks.sort()


NUMBERED = frozenset([*EDGES, Watcher])


# The operations.

def answer(value):
    log(ANSWER)
    log(1)
    log(value)


def answer3(values):
    log(ANSWER)
    log(3)
    log(values[0])
    log(values[1])
    log(values[2])


def saved_node():
    return saved.pop() if saved else nil


@hidden
def collect(generation):
    if generation < 3:
        answer(gc.collect(generation))
        return
    enabled = gc.isenabled()
    gc.disable()
    try:
        value = gc.collect(generation)
    except ValueError:
        value = -1
    if enabled:
        gc.enable()
    answer(value)


def isenabled():
    answer(int(gc.isenabled()))


def get_threshold():
    answer3(gc.get_threshold())


def get_count():
    answer3(gc.get_count())


def put_stats(put):
    enabled = gc.isenabled()
    gc.disable()
    for generation in gc.get_stats():
        put(generation["collections"])
        put(generation["collected"])
        put(generation["uncollectable"])
    generation = None
    if enabled:
        gc.enable()


def get_stats():
    log(ANSWER)
    log(9)
    put_stats(log)
    i = -9
    while i:
        out[i] -= stats_before[i]
        i += 1


def freeze():
    global base_frozen, frozen
    own = gc.get_freeze_count() - base_frozen
    enabled = gc.isenabled()
    gc.disable()
    find_marks()
    own += len(marks)
    marks.clear()
    if enabled:
        gc.enable()
    gc.freeze()
    base_frozen = gc.get_freeze_count() - own
    frozen = True


def unfreeze():
    global base_frozen, thawed, frozen
    gc.unfreeze()
    base_frozen = 0
    thawed = True
    frozen = False


def get_freeze_count():
    answer(gc.get_freeze_count() - base_frozen)


def which(thing):
    answer(plain[id(thing)] if type(thing) is plain_ref else thing.number)


def getrefcount(thing):
    answer(-1 if thing is nil else sys.getrefcount(thing) - ARGUMENT)


def getweakrefcount(node):
    answer(count_refs(node))


def is_tracked(node):
    answer(int(node is not nil and gc.is_tracked(node)))


def is_finalized(node):
    answer(int(node is not nil and gc.is_finalized(node)))


def alive(ref):
    answer(int(ref is not nil and ref() is not None))


def census():
    enabled = gc.isenabled()
    gc.disable()
    for generation in 0, 1, 2:
        for thing in objects(generation):
            kind = type(thing)
            count = sys.getrefcount(thing) - LISTED
            if kind in EDGES:
                row = f"{count} {len(EDGES[kind]) + 1}"
                for field in EDGES[kind]:
                    row += f" {getattr(thing, field).number}"
                row += f" {number_of(thing.ref)}"
            elif kind is Watcher or kind is plain_ref and id(thing) in plain:
                row = f"{count} 1 {number_of(thing())}"
            else:
                continue
            rows[number_of(thing) << 2 | generation] = row
    thing = None
    log(CENSUS)
    log(len(rows))
    for mark in sorted(rows):
        log(mark)
        log(rows[mark])
    rows.clear()
    if enabled:
        gc.enable()


def number_of(thing):
    return -1 if thing is None else plain[id(thing)] if type(thing) is plain_ref else thing.number


# A program's beginning and end.

def start():
    global running, base_frozen
    gc.freeze()
    gc.collect()
    take_others({})
    for size in SIZES:
        held.append(make_tuple(size))
        held.append(make_tuple(size))
    held.append(make_tuple(1))
    held.append(make_tuple(1))
    held.clear()
    stats_before.clear()
    put_stats(stats_before.append)
    gc.freeze()
    base_frozen = gc.get_freeze_count()
    running = True
    gc.set_threshold(*THRESHOLDS)
    gc.enable()


def finish():
    """The epilogue of docs/language.md; driver's objects are not made visible where that changes nothing."""
    if not running:
        raise ValueError("the program has no start()")
    gc.disable()
    for name in "a b c d e f g h ra rb rc rd".split():
        if name in state.names:
            del state.names[name]
    if gc.get_freeze_count() != base_frozen:
        unfreeze()
    for _ in range(10):
        while saved:
            saved.pop()
        collect(2)
        if not out[-1] and not saved:
            break
    census()


def run(text, name):
    """Runs one program, and leaves its transcript in `out`."""
    global following, running, thawed, frozen
    out.clear()
    plain.clear()
    following = 0
    state.making = None
    thawed = frozen = False
    names = state.names = EXPORTS.copy()
    names["start"] = start  # the copy of a hidden dict is hidden until something is stored: too late after start()
    text = text.replace("from prelude import *", "", 1)
    for variable in REFS:
        if variable in text:
            text = text.replace(variable, variable + " or nil")  # a dead ref answers None, the language nil
    try:
        # The epilogue runs inside exec(), whose own objects are frozen, too.
        exec(compile(text + "\nfinish()\n", name, "exec"), names)
    finally:
        running = False
        gc.disable()
        names.clear()
        buried.clear()
        while saved:
            saved.pop()


REFS = ["r%s()" % letter for letter in "abcdpqrs"]
EXPORTS = {function.__name__: function for function in (
    start, finish, node, ref, collect, isenabled, get_threshold, get_count, get_stats, freeze, unfreeze, get_freeze_count,
    which, getrefcount, getweakrefcount, is_tracked, is_finalized, alive, census)}
EXPORTS.update(nil=nil, saved=saved_node, enable=gc.enable, disable=gc.disable, set_threshold=gc.set_threshold,
               __builtins__=__builtins__)
THRESHOLDS = gc.get_threshold()


def measure(thing):
    """Counts the references that the measuring itself holds, as an argument and out of a list."""
    global ARGUMENT, LISTED
    ARGUMENT = sys.getrefcount(thing)
    thing = None
    for thing in [Nil()]:
        LISTED = sys.getrefcount(thing)


def transcript():
    return " ".join(map(str, out))


def batch():
    """Reads `length\n` and that many bytes of programs, separated by NUL; answers with a line for each, its
    integers or `! message`, and one more: the nanoseconds of processor time used so far. Until the input ends.
    """
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while size := source.readline():
        answers = []
        for text in source.read(int(size)).decode().split("\0"):
            try:
                run(text, "program")
                answers.append(transcript())
            except Exception as error:
                answers.append("! " + " ".join(repr(error).split()))
        answers.append(str(process_time_ns()))
        sink.write("\n".join(answers).encode() + b"\n")
        sink.flush()


def main(files):
    for file in files:
        with open(file) as source:
            run(source.read(), file)
        print(transcript())


def hide_everything():
    """Hides all there is from the collector, for good: nothing of it may be freed any more."""
    gc.collect()
    gc.unfreeze()  # from 3.12 on, a collection freezes what is immortal
    for thing in gc.get_objects():
        untrack(thing)
    for thing in foreign:
        track(thing)


try:
    raise RuntimeError("of a program")
except RuntimeError as error:
    ERROR = error
sys.unraisablehook = on_unraisable
sys.stderr = Steps()
gc.disable()
gc.callbacks.append(watch)
measure(Nil())
if __name__ == "__main__" or hasattr(sys.modules["__main__"], "__file__"):
    files = sys.argv[1:] if __name__ == "__main__" else [sys.modules["__main__"].__file__]
    status = 1
    try:
        hide_everything()
        batch() if files == ["--batch"] else main(files)
        status = 0
    except Exception:
        sys.excepthook(*sys.exc_info())
    sys.stdout.flush()
    os._exit(status)
