"""Documents: JSON there and back, regular expressions, templates, sorting. Dictionaries, strings and short lists."""
import json
import random
import re
import string

random.seed(1)
WORDS = ["".join(random.choices(string.ascii_lowercase, k=random.randint(2, 11))) for _ in range(900)]


def document(number):
    return {
        "id": number,
        "title": " ".join(random.choices(WORDS, k=5)),
        "tags": random.sample(WORDS, 4),
        "ratings": [random.random() * 5 for _ in range(6)],
        "author": {"name": random.choice(WORDS), "address": {"street": random.choice(WORDS), "number": number % 97}},
        "body": " ".join(random.choices(WORDS, k=40)),
    }


documents = [document(number) for number in range(2000)]
for turn in range(3):
    text = json.dumps(documents, indent=1 if turn == 1 else None)
    documents = json.loads(text)
    index = {}
    for entry in documents:
        for word in re.findall(r"[a-z]{4,}", entry["body"]):
            index.setdefault(word, set()).add(entry["id"])
        entry["body"] = re.sub(r"\b(\w)(\w*)\b", lambda match: match[1].upper() + match[2], entry["body"], count=20).lower()
    ranked = sorted(index.items(), key=lambda item: (-len(item[1]), item[0]))
    lines = ["%s: %d (%s)" % (word, len(ids), ", ".join(map(str, sorted(ids)[:3]))) for word, ids in ranked]
    print(turn, len(text), len(index), sum(map(len, lines)))
