"""Differentiates, expands and simplifies expression trees with hashed, shared nodes."""

import sys


class Expression:
    __slots__ = ("args", "_hash")
    rank = 0

    def __init__(self, *args):
        self.args, self._hash = args, hash((self.rank, *args))

    def __hash__(self):
        return self._hash

    def __eq__(self, other):
        return self is other or (type(self) is type(other) and self._hash == other._hash and self.args == other.args)


class Number(Expression):
    __slots__ = ()
    rank = 1


class Symbol(Expression):
    __slots__ = ()
    rank = 2


class Add(Expression):
    __slots__ = ()
    rank = 3


class Multiply(Expression):
    __slots__ = ()
    rank = 4


def add(*terms):
    """Adds, with like terms put together."""
    constant, coefficients = 0, {}
    stack = list(terms)
    while stack:
        term = stack.pop()
        if isinstance(term, Add):
            stack.extend(term.args)
        elif isinstance(term, Number):
            constant += term.args[0]
        else:
            factor, rest = 1, term
            if isinstance(term, Multiply) and isinstance(term.args[0], Number):
                factor, rest = term.args[0].args[0], rebuild(term.args[1:])
            coefficients[rest] = coefficients.get(rest, 0) + factor
    parts = [rest if factor == 1 else multiply(Number(factor), rest) for rest, factor in coefficients.items() if factor]
    if constant or not parts:
        parts.append(Number(constant))
    return parts[0] if len(parts) == 1 else Add(*sorted(parts, key=hash))


def multiply(*factors):
    """Multiplies, numbers first."""
    number, others = 1, []
    stack = list(factors)
    while stack:
        factor = stack.pop()
        if isinstance(factor, Multiply):
            stack.extend(factor.args)
        elif isinstance(factor, Number):
            number *= factor.args[0]
        else:
            others.append(factor)
    if number == 0 or not others:
        return Number(number)
    others.sort(key=hash)
    return rebuild(others if number == 1 else [Number(number), *others])


def rebuild(factors):
    return factors[0] if len(factors) == 1 else Multiply(*factors)


def expand(expression):
    if isinstance(expression, Add):
        return add(*[expand(term) for term in expression.args])
    if isinstance(expression, Multiply):
        terms = [Number(1)]
        for factor in map(expand, expression.args):
            right = factor.args if isinstance(factor, Add) else (factor,)
            total = add(*[multiply(a, b) for a in terms for b in right])
            terms = list(total.args) if isinstance(total, Add) else [total]
        return add(*terms)
    return expression


def derive(expression, by):
    if isinstance(expression, Add):
        return add(*[derive(term, by) for term in expression.args])
    if isinstance(expression, Multiply):
        args = expression.args
        return add(*[multiply(derive(arg, by), *args[:i], *args[i + 1:]) for i, arg in enumerate(args)])
    return Number(int(expression == by))


def main(loops):
    # The hashes of numbers do not depend on the process, those of strings do.
    x, y, z = Symbol(101), Symbol(102), Symbol(103)
    for _ in range(loops):
        sums = [add(multiply(x, Number(i)), y, multiply(z, Number(-i)), Number(i)) for i in range(1, 6)]
        derive(derive(expand(Multiply(*sums)), x), y)


main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
