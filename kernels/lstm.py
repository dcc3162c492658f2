"""Long short-term memory over packed sentences, in both directions.

Sentences stand longest first, and rows in order of time: row starts[t] + r is step t of the sentence of rank r. So the
sentences that are still going on at step t are the first ones, one matrix product takes all of them a step further,
and nothing is padded. The second direction reads each sentence from its end: only its list of tokens differs.

The gates stand in the order input, output, forget, candidate, that of ONNX, each of H numbers.

Source: Hochreiter & Schmidhuber 1997, "Long Short-Term Memory", with the forget gate of Gers, Schmidhuber & Cummins
2000; both directions as in Graves & Schmidhuber 2005, section 2.
"""

import numpy as np
from numba import njit

from embdistill.kernels.machine.pieces import in_pieces
from embdistill.kernels.machine.simd import multiply


@njit(cache=True, nogil=True)
def time_major(tokens, starts, order, offsets):
    """Lay out the tokens of a batch step after step.

    Formula: order are the sentences by length, the longest first, those of one length as they come;
        tokens[0, starts[t] + r] is the token at place t of sentence order[r], tokens[1, ...] at place t from its end;
        starts[t + 1] - starts[t] sentences have more than t tokens.
    Shapes: tokens (2, N) int32; starts (N+1,) int64; order (B,) int64; offsets (B+1,) int64.
    Writes: tokens, order, and starts[:steps+1]. Returns steps, the length of the longest sentence.
    """
    sentences = order.shape[0]
    steps = 0
    for b in range(sentences):
        steps = max(steps, offsets[b + 1] - offsets[b])
    ranks = np.zeros(steps + 2, np.int64)  # at steps - n: the rank of the next sentence of n tokens
    for b in range(sentences):
        ranks[steps - offsets[b + 1] + offsets[b] + 1] += 1
    for n in range(1, steps + 2):
        ranks[n] += ranks[n - 1]
    for b in range(sentences):
        shorter = steps - offsets[b + 1] + offsets[b]
        order[ranks[shorter]] = b
        ranks[shorter] += 1
    active = sentences
    row = 0
    starts[0] = 0
    for t in range(steps):
        while active > 0 and offsets[order[active - 1] + 1] - offsets[order[active - 1]] <= t:
            active -= 1
        for r in range(active):
            tokens[0, row] = offsets[order[r]] + t
            tokens[1, row] = offsets[order[r] + 1] - 1 - t
            row += 1
        starts[t + 1] = row
    return steps


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def tanh(values):
    """Hyperbolic tangent, in place, without a branch: the compiler does many at once, 20 times as fast as math.tanh.

    Formula: tanh(x / 32) = p / q by Lambert's continued fraction, then five times tanh(2y) = 2pq / (p^2 + q^2), for
        float32 tanh(x / 4) and two times; at 20 and beyond tanh is 1 to the last digit of a double. The relative error
        of normal numbers is at most 6 epsilon, so the largest value may be 1 + epsilon; NaN stays NaN.
    Shapes: values (n,) float.
    Writes: values. In place, since the compiler falls back to one by one where input and output overlap. The error
        model spares a test for q = 0, which cannot be; contract lets a product and a sum be rounded once.
    """
    real = values.dtype.type
    doublings = 2 if np.finfo(values.dtype).eps > 1e-9 else 5
    one, most, part = real(1), real(20), real(0.5**doublings)
    p1, p2 = real(4 / 33), real(1 / 495)
    q1, q2, q3 = real(5 / 11), real(2 / 99), real(1 / 10395)
    for i in range(values.shape[0]):
        x = values[i]
        x = most if x > most else x
        x = -most if x < -most else x
        x *= part
        s = x * x
        p = x * (one + s * (p1 + s * p2))
        q = one + s * (q1 + s * (q2 + s * q3))
        for _ in range(doublings):
            p, q = p * q + p * q, p * p + q * q
        values[i] = p / q


@in_pieces()
def lstm_forward(states, cells, gates, products, bias, recurrent, ids, tokens, starts, piece, pieces):
    """States of both directions.

    Formula: for token n of row p, and previous row p', that of the step before, or zeros at the first:
        z = bias + sum over f of products[ids[n, f]] + recurrent h[p'];
        i, o, f = sigmoid of their parts of z, g = tanh of the last; c[p] = f c[p'] + i g; h[p] = o tanh(c[p]).
    Shapes: states (h), cells (c) (2, N, H) float; gates (i, o, f, g) (2, N, 4H) float; products (R, 2, 4H) float, the
        input weights times each distinct row of input; bias (2, 4H) float; recurrent (2, 4H, H) float;
        ids (N, F) int32 in 0..R-1, for each token F rows of input; tokens, starts as time_major writes them; pieces:
        int, 1 or more, of the two directions.
    Writes: states, cells and gates of the directions of a piece.
    """
    units = states.shape[2]
    half = states.dtype.type(0.5)
    for z in range(piece, states.shape[0], pieces):
        nothing = np.zeros(units, states.dtype)
        weight = np.ascontiguousarray(recurrent[z].T)
        shift = bias[z]
        for t in range(starts.shape[0] - 1):
            first, end = starts[t], starts[t + 1]
            before = starts[t - 1] if t > 0 else 0
            if t == 0:
                gates[z][first:end] = 0
            else:
                multiply(gates[z][first:end], states[z][before : before + end - first], weight)
            for p in range(first, end):
                state, cell, gate = states[z, p], cells[z, p], gates[z, p]
                last = cells[z, before + p - first] if t > 0 else nothing
                token = ids[tokens[z, p]]
                for f in range(token.shape[0]):
                    product = products[token[f], z]
                    for j in range(4 * units):
                        gate[j] += product[j]
                for j in range(3 * units):
                    gate[j] = half * (gate[j] + shift[j])
                for j in range(3 * units, 4 * units):
                    gate[j] += shift[j]
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


@in_pieces()
def lstm_backward(
    drecurrent,
    dbias,
    dproducts,
    dpooled,
    position,
    order,
    gates,
    cells,
    states,
    recurrent,
    ids,
    tokens,
    starts,
    piece,
    pieces,
):
    """Gradient of lstm_forward, back through time, and of last_state or max_state, which chose among its states.

    Formula: with dh[p] = dpooled[order[r], z*H..] of rank r where position is p, else 0, + (dz of the next row)
        recurrent, and dc = dh o (1 - tanh(c)^2) + (dc f of the next row): dz[p] = dc g i(1-i), dh tanh(c) o(1-o),
        dc c[p'] f(1-f), dc i (1 - g^2); dbias = sum of dz over the rows, drecurrent = sum of dz[p] h[p']^T,
        dproducts[r] = sum of dz[p] over all tokens n and f with ids[n, f] = r.
    Shapes: as in lstm_forward and max_state; drecurrent as recurrent, dbias as bias, dproducts as products, dpooled as
        pooled.
    Writes: of the directions of a piece drecurrent, dbias and dproducts; gates become dz.
    """
    units = states.shape[2]
    rows = states.shape[1]
    zero, one = states.dtype.type(0), states.dtype.type(1)
    sentences = starts[1] if starts.shape[0] > 1 else 0
    for z in range(piece, states.shape[0], pieces):
        nothing = np.zeros(units, states.dtype)
        squashed = np.empty(units, states.dtype)
        dcell = np.zeros((sentences, units), states.dtype)
        dstate = np.zeros((sentences, units), states.dtype)
        earlier = np.empty((rows - sentences, units), states.dtype)  # state before each row of all steps but the first
        dbias[z] = 0
        for r in range(dproducts.shape[0]):
            dproduct = dproducts[r, z]
            for h in range(4 * units):
                dproduct[h] = 0
        for t in range(starts.shape[0] - 2, -1, -1):
            first, end = starts[t], starts[t + 1]
            before = starts[t - 1] if t > 0 else 0
            for p in range(first, end):
                gate = gates[z, p]
                i, o, f, g = gate[:units], gate[units : 2 * units], gate[2 * units : 3 * units], gate[3 * units :]
                last = nothing
                if t > 0:
                    last = cells[z, before + p - first]
                    state, kept = states[z, before + p - first], earlier[p - sentences]
                    for h in range(units):
                        kept[h] = state[h]
                b = order[p - first]
                dh, where = dpooled[b, z * units : (z + 1) * units], position[b, z * units : (z + 1) * units]
                carried, dc = dstate[p - first], dcell[p - first]
                cell = cells[z, p]
                for h in range(units):
                    squashed[h] = cell[h]
                tanh(squashed)
                # In one loop, more arrays might overlap than the compiler is ready to test for: it would go one by one.
                for h in range(units):
                    carried[h] += dh[h] if where[h] == p else zero
                for h in range(units):
                    dc[h] += carried[h] * o[h] * (one - squashed[h] * squashed[h])
                for h in range(units):
                    o[h] = carried[h] * squashed[h] * o[h] * (one - o[h])
                for h in range(units):
                    ih, gh = i[h], g[h]
                    i[h] = dc[h] * gh * ih * (one - ih)
                    g[h] = dc[h] * ih * (one - gh * gh)
                for h in range(units):
                    within, fh = dc[h], f[h]
                    f[h] = within * last[h] * fh * (one - fh)
                    dc[h] = within * fh
                token = ids[tokens[z, p]]
                for j in range(token.shape[0]):
                    dproduct = dproducts[token[j], z]
                    for h in range(4 * units):
                        dproduct[h] += gate[h]
                for h in range(4 * units):
                    dbias[z, h] += gate[h]
            if t > 0:
                multiply(dstate[: end - first], gates[z][first:end], recurrent[z])
        multiply(drecurrent[z], gates[z][sentences:].T, earlier)


@njit(cache=True, nogil=True)
def last_state(pooled, position, states, order, starts):
    """State at the end of each sentence, for the second direction at its beginning; zero for an empty sentence.

    Formula: pooled[order[r], z*H + h] = states[z, p, h] for the last row p of rank r.
    Shapes: pooled (B, 2H) float; position (B, 2H) int32; states (2, N, H) float; order, starts as in time_major.
    Writes: pooled, and position, the p of each number; -1 for an empty sentence.
    """
    units = states.shape[2]
    for r in range(order.shape[0]):
        b = order[r]
        p = -1
        for t in range(starts.shape[0] - 1):
            if starts[t] + r >= starts[t + 1]:
                break
            p = starts[t] + r
        for z in range(states.shape[0]):
            for h in range(units):
                pooled[b, z * units + h] = states[z, p, h] if p >= 0 else 0
                position[b, z * units + h] = p


@njit(cache=True, nogil=True)
def max_state(pooled, position, states, order, starts):
    """Largest value of each number of the state over the tokens of a sentence; zero for an empty sentence.

    Formula: pooled[order[r], z*H + h] = max over the rows p of rank r of states[z, p, h].
    Shapes: as in last_state.
    Writes: pooled, and position, the p of each maximum (the first that the direction reads, if several are equal); -1
        for an empty sentence.
    """
    units = states.shape[2]
    # Two rows in turn: where one row is read and written, LLVM makes masked stores of it, which are slow on AMD.
    best, better = np.empty(units, states.dtype), np.empty(units, states.dtype)
    where, there = np.empty(units, np.int32), np.empty(units, np.int32)
    for r in range(order.shape[0]):
        b = order[r]
        empty = starts.shape[0] == 1 or r >= starts[1]
        for z in range(states.shape[0]):
            for h in range(units):
                best[h] = 0 if empty else states[z, r, h]
                where[h] = -1 if empty else r
            for t in range(1, starts.shape[0] - 1):
                p = np.int32(starts[t] + r)
                if p >= starts[t + 1]:
                    break
                state = states[z, p]
                for h in range(units):
                    more = state[h] > best[h]
                    better[h] = state[h] if more else best[h]
                    there[h] = p if more else where[h]
                best, better = better, best
                where, there = there, where
            for h in range(units):
                pooled[b, z * units + h] = best[h]
                position[b, z * units + h] = where[h]
