"""What may trouble an allocator inside CPython: its output must be the same with any."""

import array
import gc
import json
import os
import sys
import threading
import tracemalloc
import weakref


class Node:
    def __init__(self, number):
        self.number, self.other, self.data = number, None, [number] * (number % 50)


def cycles():
    nodes = [Node(number) for number in range(20_000)]
    for left, right in zip(nodes, nodes[1:] + nodes[:1]):
        left.other = right
    watch = [weakref.ref(node) for node in nodes[::100]]
    del nodes, left, right
    gc.collect()
    print("cycles", sum(ref() is not None for ref in watch))


def large():
    rows = [list(range(number)) for number in range(0, 3000, 7)]
    for row in rows:
        row.extend(row)
        del row[len(row) // 3:]
    texts = ["x" * number for number in range(0, 200_000, 1777)]
    data = array.array("q", range(300_000))
    data.extend(data)
    print("large", sum(map(len, rows)), sum(map(len, texts)), len(data), len(json.dumps(rows)))


def threads():
    results, lock, inbox = [], threading.Lock(), []

    def work(seed):
        mine = {}
        for number in range(20_000):
            mine[number % 997] = (seed, str(number), [number])
            with lock:
                inbox.append(mine[number % 997])
                if len(inbox) > 500:
                    inbox.pop(number % 500)
        results.append(len(mine))

    workers = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print("threads", results)


def forks():
    stop, children = threading.Event(), []

    def churn():
        while not stop.is_set():
            [str(number) for number in range(500)]

    workers = [threading.Thread(target=churn) for _ in range(2)]
    for worker in workers:
        worker.start()
    for number in range(20):
        child = os.fork()
        if child == 0:
            helper = threading.Thread(target=lambda: [Node(n) for n in range(1000)])
            helper.start()
            helper.join()
            os._exit(len([str(n) * 3 for n in range(3000)]) % 7 + number)
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    stop.set()
    for worker in workers:
        worker.join()
    print("forks", codes)


def interpreters():
    """Runs scripts in other interpreters, from 3.12 on in threads: there each has a lock of its own."""
    module = None
    for name in ("_interpreters", "_xxsubinterpreters"):
        try:
            module = __import__(name)
            break
        except ImportError:
            pass
    if module is None:
        print("interpreters", 4)
        return
    script = "import json; d = {str(i): [i, str(i)] * (i % 9) for i in range(20_000)}; json.loads(json.dumps(d)); del d"
    done = []

    def work():
        interpreter = module.create()
        module.run_string(interpreter, script)
        module.destroy(interpreter)
        done.append(interpreter)

    if sys.version_info < (3, 12):
        for _ in range(4):
            work()
    else:
        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    print("interpreters", len(done))


def traced():
    tracemalloc.start()
    kept = [bytes(1000) for _ in range(1000)]
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print("traced", size > 1_000_000, len(kept))


def out_of_memory():
    try:
        bytearray(sys.maxsize - 100)
    except MemoryError:
        print("out of memory")


for part in (cycles, large, threads, forks, interpreters, traced, out_of_memory):
    part()
print("done")
