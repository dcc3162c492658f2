"""Twins of embdistill/model/ensemble.py."""

import math

import numpy as np


def ensemble_mean(logits):
    teachers = len(logits)
    return [[sum(z[b][c] for z in logits) / teachers for c in range(len(logits[0][b]))] for b in range(len(logits[0]))]


def _squash(z):
    square = sum(x * x for x in z)
    return [x * square / (1 + square) / math.sqrt(square) if square else 0.0 for x in z]


def routed(logits, sign, rounds=10):
    """Logits of several teachers, a sentence at a time: by agreement (sign 1) or by disagreement (sign -1)."""
    combined, weights = [], []
    for b in range(len(logits[0])):
        teachers = [[float(x) for x in z[b]] for z in logits]
        coupling = [0.0] * len(teachers)
        for step in range(rounds):
            powers = [math.exp(x - max(coupling)) for x in coupling]
            share = [power / sum(powers) for power in powers]
            classes = range(len(teachers[0]))
            together = [sum(w * z[c] for w, z in zip(share, teachers, strict=True)) for c in classes]
            if step < rounds - 1:
                for k, z in enumerate(teachers):
                    likeness = sum(x * y for x, y in zip(_squash(z), _squash(together), strict=True))
                    coupling[k] += sign * likeness
        combined.append(together)
        weights.append(share)
    return np.array(combined), np.array(weights)
