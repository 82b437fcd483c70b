"""Copies nested structures, with shared parts and cycles."""

import copy
import sys


class Part:
    def __init__(self, name):
        self.name, self.parts, self.owner = name, [], None


def build():
    top = Part("top")
    for i in range(12):
        part = Part("part %d" % i)
        part.owner = top
        part.parts = [{"number": j, "values": [float(j), (j, str(j))], "owner": part} for j in range(12)]
        top.parts.append(part)
    return top


def main(loops):
    top = build()
    for _ in range(loops):
        assert copy.deepcopy(top).parts[3].owner.name == "top"


main(int(sys.argv[1]) if len(sys.argv) > 1 else 1700)
