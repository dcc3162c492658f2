"""Twins of kernels/lstm.py."""

import math
from itertools import pairwise

import numpy as np


def time_major(offsets):
    """Tokens of each direction, starts of the steps, gathered step by step, and the sentences by length."""
    order = sorted(range(len(offsets) - 1), key=lambda b: offsets[b] - offsets[b + 1])
    sentences = [list(range(offsets[b], offsets[b + 1])) for b in order]
    tokens, starts = [[], []], [0]
    for t in range(max(map(len, sentences), default=0)):
        for sentence in sentences:
            if t < len(sentence):
                tokens[0].append(sentence[t])
                tokens[1].append(sentence[::-1][t])
        starts.append(len(tokens[0]))
    return np.array(tokens, np.int32).reshape(2, -1), np.array(starts, np.int64), np.array(order, np.int64)


def _sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x > 0 else math.exp(x) / (1 + math.exp(x))


def _readings(offsets):
    """(direction, the tokens of a sentence in the order in which that direction reads them)."""
    for b in range(len(offsets) - 1):
        sentence = list(range(offsets[b], offsets[b + 1]))
        yield 0, sentence
        yield 1, sentence[::-1]


def lstm_forward(products, bias, recurrent, ids, offsets):
    """States, cells and gates (i, o, f, g concatenated), all [direction, token]."""
    units = recurrent.shape[2]
    states, cells = (np.zeros((2, len(ids), units), products.dtype) for _ in range(2))
    gates = np.zeros((2, len(ids), 4 * units), products.dtype)
    for z, sentence in _readings(offsets):
        state, cell = [0.0] * units, [0.0] * units
        for n in sentence:
            sums = [float(bias[z, j]) for j in range(4 * units)]
            for j in range(4 * units):
                for row in ids[n]:
                    sums[j] += float(products[row, z, j])
                for h in range(units):
                    sums[j] += float(recurrent[z, j, h]) * state[h]
            for h in range(units):
                i, o, f = (_sigmoid(sums[gate * units + h]) for gate in range(3))
                g = math.tanh(sums[3 * units + h])
                cell[h] = f * cell[h] + i * g
                state[h] = o * math.tanh(cell[h])
                gates[z, n, h::units] = i, o, f, g
            states[z, n], cells[z, n] = state, cell
    return states, cells, gates


def lstm_backward(products, bias, recurrent, dstates, ids, offsets):
    """Gradients of products, and of the sums before the gates [direction, token]."""
    units = recurrent.shape[2]
    _, cells, gates = lstm_forward(products, bias, recurrent, ids, offsets)
    dproducts, dsums = np.zeros_like(products), np.zeros_like(gates)
    for z, sentence in _readings(offsets):
        carried, dcell = [0.0] * units, [0.0] * units
        for k in reversed(range(len(sentence))):
            n = sentence[k]
            for h in range(units):
                i, o, f, g = map(float, gates[z, n, h::units])
                before = float(cells[z, sentence[k - 1], h]) if k > 0 else 0.0
                squashed = math.tanh(cells[z, n, h])
                dstate = float(dstates[z, n, h]) + carried[h]
                dcell[h] += dstate * o * (1 - squashed**2)
                di, do, df, dg = dcell[h] * g, dstate * squashed, dcell[h] * before, dcell[h] * i
                dsums[z, n, h::units] = di * i * (1 - i), do * o * (1 - o), df * f * (1 - f), dg * (1 - g**2)
                dcell[h] *= f
            for h in range(units):
                carried[h] = sum(float(dsums[z, n, j]) * float(recurrent[z, j, h]) for j in range(4 * units))
            for row in ids[n]:
                for j in range(4 * units):
                    dproducts[row, z, j] += dsums[z, n, j]
    return dproducts, dsums


def recurrent_gradient(dsums, states, offsets):
    """Gradient of the recurrent weights from dsums and states [direction, token]."""
    drecurrent = np.zeros((2, dsums.shape[2], states.shape[2]), states.dtype)
    for z, sentence in _readings(offsets):
        for before, n in pairwise(sentence):
            drecurrent[z] += np.outer(dsums[z, n], states[z, before])
    return drecurrent


def last_state(states, offsets):
    """Pooled states [sentence, both directions], and the token that each came from."""
    pooled = np.zeros((len(offsets) - 1, 2 * states.shape[2]), states.dtype)
    where = np.full(pooled.shape, -1, np.int32)
    for b in range(len(offsets) - 1):
        if offsets[b] < offsets[b + 1]:
            ends = [offsets[b + 1] - 1] * states.shape[2] + [offsets[b]] * states.shape[2]
            for j, n in enumerate(ends):
                pooled[b, j] = states[j // states.shape[2], n, j % states.shape[2]]
                where[b, j] = n
    return pooled, where


def max_state(states, offsets):
    """As last_state, but the largest state over the tokens."""
    pooled = np.zeros((len(offsets) - 1, 2 * states.shape[2]), states.dtype)
    where = np.full(pooled.shape, -1, np.int32)
    for b in range(len(offsets) - 1):
        for j in range(pooled.shape[1]):
            sentence = range(offsets[b], offsets[b + 1])
            for n in sentence if j < states.shape[2] else reversed(sentence):
                state = states[j // states.shape[2], n, j % states.shape[2]]
                if where[b, j] < 0 or state > pooled[b, j]:
                    pooled[b, j], where[b, j] = state, n
    return pooled, where
