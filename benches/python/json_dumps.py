"""Serialises nested records to JSON."""

import json
import sys

RECORD = {
    "id": 1234, "name": "a record", "tags": ["red", "green", "blue"], "score": 0.875, "nested": {"deep": [1, 2, {"x": None}]},
    "text": "naïve café — a line of text that has to be escaped\n" * 3, "flags": [True, False, None] * 4,
}


def main(loops):
    records = [dict(RECORD, id=number, name="record %d" % number) for number in range(200)]
    for _ in range(loops):
        json.dumps(records)
        json.dumps(records, indent=1, sort_keys=True)


main(int(sys.argv[1]) if len(sys.argv) > 1 else 350)
