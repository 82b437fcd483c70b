"""Algebra: expressions as hash-consed trees; derivatives, expansion, substitution. Instances, tuples, a large table."""
import itertools
import random

random.seed(4)
TABLE = {}


class Expression:
    __slots__ = ("head", "args", "key")

    def __new__(cls, head, *args):
        key = (head, tuple(id(arg) if isinstance(arg, Expression) else arg for arg in args))
        known = TABLE.get(key)
        if known is None:
            known = object.__new__(cls)
            known.head, known.args, known.key = head, args, key
            TABLE[key] = known
        return known

    def __add__(self, other):
        return total([self, other])

    def __mul__(self, other):
        return product([self, other])

    def __str__(self):
        if self.head in ("number", "symbol"):
            return str(self.args[0])
        return "(" + {"add": " + ", "mul": "*"}[self.head].join(map(str, self.args)) + ")"


def number(value):
    return Expression("number", value)


def symbol(name):
    return Expression("symbol", name)


def flat(head, terms):
    for term in terms:
        if term.head == head:
            yield from term.args
        else:
            yield term


def total(terms):
    constant, counts = 0, {}
    for term in flat("add", terms):
        if term.head == "number":
            constant += term.args[0]
        else:
            factor, rest = (term.args[0].args[0], product(term.args[1:])) if term.head == "mul" and term.args[0].head == "number" else (1, term)
            counts[rest] = counts.get(rest, 0) + factor
    args = [product([number(count), rest]) for rest, count in counts.items() if count]
    args = ([number(constant)] if constant else []) + sorted(args, key=str)
    return args[0] if len(args) == 1 else Expression("add", *args) if args else number(0)


def product(factors):
    constant, others = 1, []
    for factor in flat("mul", factors):
        if factor.head == "number":
            constant *= factor.args[0]
        else:
            others.append(factor)
    if constant == 0:
        return number(0)
    args = ([number(constant)] if constant != 1 else []) + sorted(others, key=str)
    return args[0] if len(args) == 1 else Expression("mul", *args) if args else number(1)


def derivative(expression, by):
    if expression.head == "number":
        return number(0)
    if expression.head == "symbol":
        return number(int(expression is by))
    if expression.head == "add":
        return total([derivative(arg, by) for arg in expression.args])
    args = expression.args
    return total([product([*args[:at], derivative(arg, by), *args[at + 1 :]]) for at, arg in enumerate(args)])


def expand(expression):
    if expression.head == "mul":
        sums = [expand(arg).args if arg.head == "add" else (expand(arg),) for arg in expression.args]
        return total([product(choice) for choice in itertools.product(*sums)])
    if expression.head == "add":
        return total([expand(arg) for arg in expression.args])
    return expression


w, x, y, z = map(symbol, "wxyz")
for turn in range(3):
    base = x + y * number(turn + 1) + z * z + w * x
    power = base
    for _ in range(5):
        power = expand(power * base)
    slope = expand(derivative(power, x) * derivative(base, z) + derivative(power, y))
    print(turn, len(power.args), len(slope.args), len(TABLE), len(str(slope)))
    TABLE.clear()
    w, x, y, z = map(symbol, "wxyz")
