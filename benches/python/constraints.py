"""A network of one-way constraints that are planned and propagated, over and over."""

import sys


class Variable:
    def __init__(self, name, value=0):
        self.name, self.value = name, value
        self.constraints, self.determined_by, self.mark = [], None, 0


class Constraint:
    def __init__(self, strength, *variables):
        self.strength, self.variables = strength, variables
        for variable in variables:
            variable.constraints.append(self)

    def output(self):
        return self.variables[-1]

    def inputs(self):
        return self.variables[:-1]

    def execute(self):
        self.output().value = self.inputs()[0].value


class Scale(Constraint):
    def execute(self):
        source, factor, offset = self.inputs()
        self.output().value = source.value * factor.value + offset.value


class Edit(Constraint):
    def execute(self):
        pass


class Planner:
    def __init__(self):
        self.current = 0

    def plan(self, sources):
        """Orders the constraints that follow from some variables."""
        self.current += 1
        steps, waiting = [], list(sources)
        while waiting:
            constraint = waiting.pop()
            variable = constraint.output()
            if variable.mark == self.current:
                continue
            variable.mark, variable.determined_by = self.current, constraint
            steps.append(constraint)
            waiting.extend(c for c in variable.constraints if c is not constraint and variable in c.inputs())
        return steps


def chain(length):
    planner = Planner()
    variables = [Variable("v%d" % i) for i in range(length + 1)]
    for left, right in zip(variables, variables[1:]):
        Constraint("required", left, right)
    edit = Edit("strong", variables[0])
    for value in range(8):
        variables[0].value = value
        for step in planner.plan([edit]):
            step.execute()
        assert variables[-1].value == value


def projection(size):
    planner = Planner()
    factor, offset = Variable("factor", 10), Variable("offset", 1000)
    pairs = []
    for i in range(size):
        source, target = Variable("source", i), Variable("target", i)
        Scale("required", source, factor, offset, target)
        pairs.append((source, target))
    edit = Edit("strong", factor)
    for value in range(5):
        factor.value = value
        for step in planner.plan([edit]):
            step.execute()
        assert all(target.value == source.value * value + 1000 for source, target in pairs)


def main(loops):
    for _ in range(loops):
        chain(300)
        projection(300)


main(int(sys.argv[1]) if len(sys.argv) > 1 else 280)
