"""Reads TOML, INI and CSV text."""

import configparser
import csv
import io
import sys
import tomllib

TOML = "".join(
    f'[section.s{i}]\nname = "name {i}"\nvalues = [1, 2.5, "three", true]\ninline = {{ a = {i}, b = "x" }}\n'
    f"when = 2024-05-0{i % 9 + 1}T10:00:00Z\n"
    for i in range(60)
)
INI = "".join(f"[s{i}]\nname = name {i}\npath = %(name)s/file\nlist = a, b, c\n\n" for i in range(100))
CSV = "".join(f'{i},"name, {i}",{i / 3:.4f},{"x" * (i % 20)}\n' for i in range(3000))


def main(loops):
    for _ in range(loops):
        tomllib.loads(TOML)
        parser = configparser.ConfigParser()
        parser.read_string(INI)
        [parser[section]["path"] for section in parser.sections()]
        rows = list(csv.reader(io.StringIO(CSV)))
        out = io.StringIO()
        csv.writer(out).writerows(rows)
        list(csv.DictReader(io.StringIO(CSV), fieldnames=["id", "name", "number", "text"]))


main(int(sys.argv[1]) if len(sys.argv) > 1 else 90)
