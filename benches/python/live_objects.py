"""Many live objects of many kinds; a tenth of them is replaced at random in each loop."""

import random
import sys


class Record:
    def __init__(self, number):
        self.number, self.name, self.values = number, "record %d" % number, [number, float(number)]


def make(number):
    kind = number % 5
    if kind == 0:
        return Record(number)
    if kind == 1:
        return {"number": number, "text": "t" * (number % 90)}
    if kind == 2:
        return (number, str(number), float(number))
    if kind == 3:
        return [number] * (number % 40)
    return {number, number + 1, "s%d" % number}


def main(loops):
    chance = random.Random(7)
    live = [make(number) for number in range(150_000)]
    for _ in range(loops):
        for _ in range(len(live) // 10):
            live[chance.randrange(len(live))] = make(chance.randrange(1_000_000))


main(int(sys.argv[1]) if len(sys.argv) > 1 else 25)
