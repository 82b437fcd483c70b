"""A program for a trace, with threads; its child of a fork, and the Python that it starts, must not write to it."""

import os
import subprocess
import sys
import threading

kept = [bytes(30_001) for _ in range(1234)]
threads = [threading.Thread(target=lambda: [str(i) for i in range(20_000)]) for _ in range(3)]
for thread in threads:
    thread.start()
child = os.fork()
if child == 0:
    others = [bytes(40_001) for _ in range(100)]
    sys.exit(0)
for thread in threads:
    thread.join()
assert os.waitpid(child, 0)[1] == 0
subprocess.run([sys.executable, "-c", "[bytes(50_001) for _ in range(100)]"], check=True)
