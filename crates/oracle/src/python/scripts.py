"""Runs batches of scripts: a line with the bytes of a batch, then the scripts with a zero byte between them; for each script
comes a line, what it printed in hexadecimal digits, and after a batch one with the processor time in nanoseconds."""

import gc
import io
import sys
import time


def run(text):
    gc.enable()
    gc.collect()
    output = sys.stdout = io.StringIO()
    try:
        exec(compile(text, "script.py", "exec"), {"__name__": "__main__"})
    except BaseException as error:
        print("raised", type(error).__name__)
    said = output.getvalue()
    gc.collect()
    sys.stdout = sys.__stdout__
    return said


def main():
    sys.unraisablehook = lambda unraisable: None
    while head := sys.stdin.buffer.readline():
        batch = sys.stdin.buffer.read(int(head)).decode()
        for text in batch.split("\0"):
            print(run(text).encode().hex())
        print(time.process_time_ns(), flush=True)


main()
