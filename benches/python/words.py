"""Counts, joins, splits and formats words: strings and dicts."""

import sys


def main(loops):
    kinds = "alpha beta gamma delta epsilon zeta eta".split()
    text = " ".join("%s%d" % (word, i % 977) for i, word in enumerate(kinds * 3000))
    for _ in range(loops):
        counts = {}
        for word in text.split():
            word = word.upper().replace("A", "aa")
            counts[word] = counts.get(word, 0) + 1
        index = {}
        for word, number in counts.items():
            index.setdefault(word[:3], []).append((number, word))
        lines = []
        for key in sorted(index):
            entries = sorted(index[key], reverse=True)[:5]
            lines.append(f"{key}: " + ", ".join(f"{word}={number:>4}" for number, word in entries))
        "\n".join(lines)


main(int(sys.argv[1]) if len(sys.argv) > 1 else 180)
