"""Parses and compiles a long generated source."""

import ast
import sys

FUNCTION = '''
def function_{0}(first, second={0}, *rest, key=None, **more):
    """Adds things up."""
    total = [x * second + {0} for x in rest if x % 2 == 0 or key is not None]
    for index, value in enumerate(total):
        if value > {0}:
            more["key_%d" % index] = {{"value": value, "list": [first, second, (value, index)]}}
        elif not value:
            raise ValueError(f"no value at {{index}} of {{len(total)}}")
        else:
            total[index] = lambda y, z=value: y + z * first.attribute.other(index)[1:-1]
    return total, more
'''


def main(loops):
    source = "".join(FUNCTION.format(number) for number in range(150))
    for _ in range(loops):
        tree = ast.parse(source)
        sum(1 for _ in ast.walk(tree))
        compile(tree, "generated", "exec")


main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
