"""Long short-term memory over packed sentences, in both directions.

Sentences are sorted, the longest first, and rows stand in order of time: row starts[t] + r is step t of the sentence of
rank r. So the sentences that go on at step t are the first ones, one matrix product takes all of them a step further,
and nothing is padded. The second direction reads each sentence from its end: only its list of tokens differs.

The gates stand in the order input, output, forget, candidate, that of ONNX, each H wide.

Source: Hochreiter & Schmidhuber 1997, "Long Short-Term Memory", with the forget gate of Gers, Schmidhuber & Cummins
2000; both directions as in Graves & Schmidhuber 2005, section 2.
"""

from typing import NamedTuple

import numpy as np

from embdistill.kernels.activations import tanh
from embdistill.kernels.machine.compiling import kernel
from embdistill.kernels.machine.simd import multiply
from embdistill.kernels.machine.threads import chunked


class Steps(NamedTuple):
    """A batch step after step; time_major fills it in.

    order (B,) int64: the sentences, the longest first. starts (steps+1,) int64: the rows of step t are starts[t] to
    starts[t + 1]; row starts[t] + r belongs to sentence order[r]. tokens (2, N) int32: the token that each direction
    reads at each row.
    """

    order: np.ndarray
    starts: np.ndarray
    tokens: np.ndarray


class Trace(NamedTuple):
    """What the forward pass leaves at each row, for both directions.

    states h, cells c (2, N, H) float; gates i, o, f, g (2, N, 4H) float.
    """

    states: np.ndarray
    cells: np.ndarray
    gates: np.ndarray


class Recurrence(NamedTuple):
    """The weights of a step beside its input's, or their gradient: bias (2, 4H) float, weight (2, 4H, H) float."""

    bias: np.ndarray
    weight: np.ndarray


@kernel
def time_major(steps, offsets):
    """Lay out the tokens of a batch step after step.

    Formula: order are the sentences by length, the longest first, those of one length as they come;
        tokens[0, starts[t] + r] is token t of sentence order[r], tokens[1, ...] token t from its end;
        starts[t + 1] - starts[t] sentences have more than t tokens.
    Shapes: steps as Steps, with starts of N + 1; offsets (B+1,) int64.
    Writes: steps, of starts the first n + 1. Returns n, the length of the longest sentence.
    """
    order, starts, tokens = steps
    sentences = order.shape[0]
    longest = 0
    for b in range(sentences):
        longest = max(longest, offsets[b + 1] - offsets[b])
    ranks = np.zeros(longest + 2, np.int64)  # at longest - n: the rank of the next sentence of n tokens
    for b in range(sentences):
        ranks[longest - offsets[b + 1] + offsets[b] + 1] += 1
    for n in range(1, longest + 2):
        ranks[n] += ranks[n - 1]
    for b in range(sentences):
        shorter = longest - offsets[b + 1] + offsets[b]
        order[ranks[shorter]] = b
        ranks[shorter] += 1
    active = sentences
    row = 0
    starts[0] = 0
    for t in range(longest):
        while active > 0 and offsets[order[active - 1] + 1] - offsets[order[active - 1]] <= t:
            active -= 1
        for r in range(active):
            tokens[0, row] = offsets[order[r]] + t
            tokens[1, row] = offsets[order[r] + 1] - 1 - t
            row += 1
        starts[t + 1] = row
    return longest


@kernel
def _cell(state, cell, gate, bias, last):
    """One token: gate (4H,), the sums of its gates, becomes i, o, f, g; cell and state (H,) follow from these and from
    `last`, the cell before."""
    units, half = state.shape[0], state.dtype.type(0.5)
    for j in range(3 * units):
        gate[j] = half * (gate[j] + bias[j])
    for j in range(3 * units, 4 * units):
        gate[j] += bias[j]
    tanh(gate)
    for j in range(3 * units):
        gate[j] = half * gate[j] + half  # sigmoid(x) = (1 + tanh(x / 2)) / 2
    i, o, f, g = gate[:units], gate[units : 2 * units], gate[2 * units : 3 * units], gate[3 * units :]
    for h in range(units):
        cell[h] = f[h] * last[h] + i[h] * g[h]
    for h in range(units):
        state[h] = cell[h]
    tanh(state)
    for h in range(units):
        state[h] *= o[h]


@chunked
def lstm_forward(trace, products, recurrence, ids, steps, chunk, n_chunks):
    """States of both directions.

    Formula: for token n of row p, and previous row p', that of the step before, or zeros at the first:
        u = bias + sum over s of products[ids[n, s]] + weight h[p'];
        i, o, f = sigmoid of their parts of u, g = tanh of the last; c[p] = f c[p'] + i g; h[p] = o tanh(c[p]).
    Shapes: trace, recurrence and steps as above; products (R, 2, 4H) float, the input weights times each distinct row
        of input; ids (N, S) int32 in 0..R-1, for each token S rows of input. A chunk is some of the two directions.
    Writes: of the directions of the chunk the trace.
    """
    states, cells, gates = trace
    starts = steps.starts
    units = states.shape[2]
    for way in range(chunk, states.shape[0], n_chunks):
        zeros = np.zeros(units, states.dtype)
        weight = np.ascontiguousarray(recurrence.weight[way].T)
        bias = recurrence.bias[way]
        for t in range(starts.shape[0] - 1):
            first, end = starts[t], starts[t + 1]
            before = starts[t - 1] if t > 0 else 0
            if t == 0:
                gates[way][first:end] = 0
            else:
                multiply(gates[way][first:end], states[way][before : before + end - first], weight)
            for p in range(first, end):
                state, cell, gate = states[way, p], cells[way, p], gates[way, p]
                last = cells[way, before + p - first] if t > 0 else zeros
                token = ids[steps.tokens[way, p]]
                for s in range(token.shape[0]):
                    product = products[token[s], way]
                    for j in range(4 * units):
                        gate[j] += product[j]
                _cell(state, cell, gate, bias, last)


@kernel
def _cell_backward(gate, dcell, dstate, cell, last):
    """Gradient of _cell: gate becomes du; dcell, from the step after, becomes that of the cell before."""
    units, one = cell.shape[0], cell.dtype.type(1)
    i, o, f, g = gate[:units], gate[units : 2 * units], gate[2 * units : 3 * units], gate[3 * units :]
    squashed = cell.copy()
    tanh(squashed)
    # In one loop, more arrays might overlap than the compiler checks for, and it would not vectorise.
    for h in range(units):
        dcell[h] += dstate[h] * o[h] * (one - squashed[h] * squashed[h])
    for h in range(units):
        o[h] = dstate[h] * squashed[h] * o[h] * (one - o[h])
    for h in range(units):
        ih, gh = i[h], g[h]
        i[h] = dcell[h] * gh * ih * (one - ih)
        g[h] = dcell[h] * ih * (one - gh * gh)
    for h in range(units):
        dc, fh = dcell[h], f[h]
        f[h] = dc * last[h] * fh * (one - fh)
        dcell[h] = dc * fh


@chunked
def lstm_backward(drecurrence, dproducts, dpooled, argmax, trace, recurrence, ids, steps, chunk, n_chunks):
    """Gradient of lstm_forward, back through time, and of last_state or max_state, which chose among its states.

    Formula: with dh[p] = dpooled[order[r], H of the direction] of rank r where argmax is p, else 0, + (du of the next
        row) weight, and dc = dh o (1 - tanh(c)^2) + (dc f of the next row): du[p] = dc g i(1-i), dh tanh(c) o(1-o),
        dc c[p'] f(1-f), dc i (1 - g^2); dbias = sum of du over the rows, dweight = sum of du[p] h[p']^T, dproducts[r] =
        sum of du[p] over all tokens n and sources s with ids[n, s] = r.
    Shapes: as in lstm_forward and max_state; each gradient has the shape of its array.
    Writes: of the directions of the chunk drecurrence and dproducts; the gates of the trace become du.
    """
    states, cells, gates = trace
    starts = steps.starts
    units = states.shape[2]
    rows = states.shape[1]
    zero = states.dtype.type(0)
    sentences = starts[1] if starts.shape[0] > 1 else 0
    for way in range(chunk, states.shape[0], n_chunks):
        zeros = np.zeros(units, states.dtype)
        dcell = np.zeros((sentences, units), states.dtype)
        dstate = np.zeros((sentences, units), states.dtype)
        earlier = np.empty((rows - sentences, units), states.dtype)  # state before each row of all steps but the first
        drecurrence.bias[way] = 0
        dproducts[:, way] = 0
        for t in range(starts.shape[0] - 2, -1, -1):
            first, end = starts[t], starts[t + 1]
            before = starts[t - 1] if t > 0 else 0
            for p in range(first, end):
                gate, last = gates[way, p], zeros
                if t > 0:
                    last = cells[way, before + p - first]
                    state, kept = states[way, before + p - first], earlier[p - sentences]
                    for h in range(units):
                        kept[h] = state[h]
                b = steps.order[p - first]
                dh, where = dpooled[b, way * units : (way + 1) * units], argmax[b, way * units : (way + 1) * units]
                carried = dstate[p - first]
                for h in range(units):
                    carried[h] += dh[h] if where[h] == p else zero
                _cell_backward(gate, dcell[p - first], carried, cells[way, p], last)
                token = ids[steps.tokens[way, p]]
                for s in range(token.shape[0]):
                    dproduct = dproducts[token[s], way]
                    for h in range(4 * units):
                        dproduct[h] += gate[h]
                for h in range(4 * units):
                    drecurrence.bias[way, h] += gate[h]
            if t > 0:
                multiply(dstate[: end - first], gates[way][first:end], recurrence.weight[way])
        multiply(drecurrence.weight[way], gates[way][sentences:].T, earlier)


@kernel
def last_state(pooled, argmax, states, steps):
    """State at the end of each sentence, for the second direction at its beginning; zero for an empty sentence.

    Formula: pooled[order[r], way H + h] = states[way, p, h] for the last row p of rank r.
    Shapes: pooled (B, 2H) float; argmax (B, 2H) int32; states (2, N, H) float; steps as above.
    Writes: pooled, and argmax, the p of each; -1 for an empty sentence.
    """
    order, starts = steps.order, steps.starts
    units = states.shape[2]
    for r in range(order.shape[0]):
        b = order[r]
        p = -1
        for t in range(starts.shape[0] - 1):
            if starts[t] + r >= starts[t + 1]:
                break
            p = starts[t] + r
        for way in range(states.shape[0]):
            for h in range(units):
                pooled[b, way * units + h] = states[way, p, h] if p >= 0 else 0
                argmax[b, way * units + h] = p


@kernel
def max_state(pooled, argmax, states, steps):
    """Largest value of each unit over the tokens of a sentence; zero for an empty sentence.

    Formula: pooled[order[r], way H + h] = max over the rows p of rank r of states[way, p, h].
    Shapes: as in last_state.
    Writes: pooled, and argmax, the p of each maximum (the first that the direction reads, if several are equal); -1
        for an empty sentence.
    """
    order, starts = steps.order, steps.starts
    units = states.shape[2]
    # Two rows in turn: where one is read and written, LLVM makes masked stores of it, which are slow on AMD.
    best, better = np.empty(units, states.dtype), np.empty(units, states.dtype)
    where, there = np.empty(units, np.int32), np.empty(units, np.int32)
    for r in range(order.shape[0]):
        b = order[r]
        empty = starts.shape[0] == 1 or r >= starts[1]
        for way in range(states.shape[0]):
            for h in range(units):
                best[h] = 0 if empty else states[way, r, h]
                where[h] = -1 if empty else r
            for t in range(1, starts.shape[0] - 1):
                p = np.int32(starts[t] + r)
                if p >= starts[t + 1]:
                    break
                state = states[way, p]
                for h in range(units):
                    more = state[h] > best[h]
                    better[h] = state[h] if more else best[h]
                    there[h] = p if more else where[h]
                best, better = better, best
                where, there = there, where
            for h in range(units):
                pooled[b, way * units + h] = best[h]
                argmax[b, way * units + h] = where[h]
