"""Reads JSON into dicts, lists and strings."""

import json
import sys


def main(loops):
    rows = [
        {"id": i, "name": "user-%d" % i, "mail": "user%d@example.org" % i, "tags": ["t%d" % (i % k) for k in range(2, 9)],
         "place": {"lat": i / 7, "lon": -i / 3}, "active": i % 2 == 0}
        for i in range(1000)
    ]
    text = json.dumps(rows)
    for _ in range(loops):
        json.loads(text)


main(int(sys.argv[1]) if len(sys.argv) > 1 else 600)
