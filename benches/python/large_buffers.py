"""Lists, byte arrays and strings that grow far beyond small blocks."""

import sys


def main(loops):
    for _ in range(loops):
        for size in (600, 3000, 20_000, 150_000):
            grown = []
            for number in range(size):
                grown.append(number)
            data = bytearray()
            for _ in range(0, size, 100):
                data += b"x" * 100
            text = "".join(map(str, grown))
            [text[start:start + 2000] for start in range(0, len(text), 1500)]
            table = dict.fromkeys(grown)
            set(table)


main(int(sys.argv[1]) if len(sys.argv) > 1 else 28)
