"""Decisions: value iteration on a random Markov decision process, with exact fractions and with floats. Numbers, tuples."""
import random
from fractions import Fraction

random.seed(3)
STATES, ACTIONS, TARGETS = 120, 3, 4


def transitions(exact):
    model = {}
    for state in range(STATES):
        for action in range(ACTIONS):
            weights = [random.randint(1, 9) for _ in range(TARGETS)]
            total = sum(weights)
            share = (lambda weight: Fraction(weight, total)) if exact else (lambda weight: weight / total)
            model[state, action] = [(share(weight), random.randrange(STATES), random.randint(-5, 5)) for weight in weights]
    return model


def iterate(model, discount, rounds, zero):
    values = dict.fromkeys(range(STATES), zero)
    policy = {}
    for _ in range(rounds):
        fresh = {}
        for state in range(STATES):
            choices = [
                (sum((share * (reward + discount * values[to]) for share, to, reward in model[state, action]), zero), action)
                for action in range(ACTIONS)
            ]
            fresh[state], policy[state] = max(choices)
        values = fresh
    return values, policy


values, policy = iterate(transitions(False), 0.95, 400, 0.0)
print(round(sum(values.values()), 6), sum(policy.values()))
values, policy = iterate(transitions(True), Fraction(9, 10), 5, Fraction(0))
print(round(float(sum(values.values())), 6), sum(policy.values()))
