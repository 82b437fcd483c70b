"""Pickles and unpickles with the implementation in Python."""

import io
import pickle
import sys


def main(loops):
    data = [{"number": i, "text": "item %d" % i, "parts": (i, str(i), [i] * 3)} for i in range(300)]
    for _ in range(loops):
        out = io.BytesIO()
        pickle._Pickler(out, protocol=4).dump(data)
        pickle._Unpickler(io.BytesIO(out.getvalue())).load()


main(int(sys.argv[1]) if len(sys.argv) > 1 else 190)
