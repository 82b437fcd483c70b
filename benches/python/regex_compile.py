"""Compiles regular expressions, never the same twice in a row."""

import re
import sys

PATTERNS = [
    r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?:T(?P<hour>\d\d):(?P<minute>\d\d))?",
    r"^\s*(?:def|class)\s+([A-Za-z_]\w*)\s*(?:\((.*?)\))?\s*:",
    r"(?:[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*)@(?:[a-z0-9-]+\.)+[a-z]{2,}",
    r"(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')|(//[^\n]*|/\*.*?\*/)",
    r"\b(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}\b",
    r"(a|b|c|dd|ee|ff)*?(?=x)(?<!y)[^\W\d_]+(?i:case)",
]


def main(loops):
    for turn in range(loops):
        re.purge()
        for pattern in PATTERNS:
            re.compile("%s|loop%d" % (pattern, turn), re.DOTALL)


main(int(sys.argv[1]) if len(sys.argv) > 1 else 1400)
