"""A plain-loop reference of every kernel. Imports nothing of embdistill; written for reading, not for speed."""

import math
from itertools import pairwise

import numpy as np


def pick(ids, offsets, order):
    words, local, picked = [], [], [0]
    for b in order:
        for word in ids[offsets[b] : offsets[b + 1]]:
            if word not in words:
                words.append(word)
            local.append(words.index(word))
        picked.append(len(local))
    return np.array(words, np.int32), np.array(local, np.int32), np.array(picked, np.int64)


def gather_rows(table, rows):
    return np.array([[table[r, j] for j in range(table.shape[1])] for r in rows], table.dtype)


def matmul(a, b):
    out = np.zeros((a.shape[0], b.shape[1]), a.dtype)
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            for k in range(a.shape[1]):
                out[i, j] += a[i, k] * b[k, j]
    return out


def activate(values, name):
    functions = {"tanh": math.tanh, "relu": lambda x: max(0.0, x), "identity": lambda x: x}
    return np.array([functions[name](float(value)) for value in values.flat], values.dtype).reshape(values.shape)


def activate_backward(dvalues, values, name):
    """From what activate gave."""
    slopes = {"tanh": lambda y: 1 - y**2, "relu": lambda y: float(y > 0), "identity": lambda y: 1.0}
    dsums = np.empty_like(dvalues)
    for index in np.ndindex(values.shape):
        dsums[index] = dvalues[index] * slopes[name](values[index])
    return dsums


def dense_forward(inputs, weight, bias, activation):
    return activate(matmul(inputs, weight.T) + bias, activation)


def dense_backward(dout, out, inputs, weight, activation):
    dsums = activate_backward(dout, out, activation)
    dbias = np.array([sum(column) for column in dsums.T], dout.dtype)
    return matmul(dsums, weight), matmul(dsums.T, inputs), dbias


def draw_mask(count, seed, threshold, scale):
    mask = []
    while len(mask) < count:
        seed = (seed + 0x9E3779B97F4A7C15) % 2**64
        x = (seed ^ seed >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        x = (x ^ x >> 27) * 0x94D049BB133111EB % 2**64
        x ^= x >> 31
        mask += [scale if (x >> 16 * part) % 2**16 >= threshold else 0 for part in range(4)]
    return np.array(mask[:count])


def mean_forward(embeddings, ids, offsets):
    out = np.zeros((len(offsets) - 1, embeddings.shape[1]), embeddings.dtype)
    for b in range(len(offsets) - 1):
        sentence = ids[offsets[b] : offsets[b + 1]]
        for word in sentence:
            for j in range(embeddings.shape[1]):
                out[b, j] += embeddings[word, j] / len(sentence)
    return out


def mean_backward(words, dout, ids, offsets):
    dembeddings = np.zeros((words, dout.shape[1]), dout.dtype)
    for b in range(len(offsets) - 1):
        sentence = ids[offsets[b] : offsets[b + 1]]
        for word in sentence:
            for j in range(dout.shape[1]):
                dembeddings[word, j] += dout[b, j] / len(sentence)
    return dembeddings


def _filters(widths, filters):
    """(output unit, filter h, its first tap, its width) of every filter of every width."""
    first = 0
    for k, width in enumerate(widths):
        for h in range(filters):
            yield k * filters + h, h, first, width
        first += width


def conv_responses(products, sentence, h, first, width):
    """(t, response) of one filter at every position of the sentence between width - 1 zero vectors on either side.

    sentence: for each token, the rows of products that add up to its own.
    """
    if len(sentence) == 0:
        return [(0, 0.0)]
    responses = []
    for t in range(-(width - 1), len(sentence)):
        total = 0.0
        for k in range(width):
            if 0 <= t + k < len(sentence):
                for row in sentence[t + k]:
                    total += products[row, first + k, h]
        responses.append((t, total))
    return responses


def conv_max_forward(products, bias, ids, offsets, widths):
    filters = products.shape[2]
    pooled = np.zeros((len(offsets) - 1, filters * len(widths)), products.dtype)
    argmax = np.zeros(pooled.shape, np.int32)
    for b in range(len(offsets) - 1):
        sentence = ids[offsets[b] : offsets[b + 1]]
        for unit, h, first, width in _filters(widths, filters):
            t, largest = max(conv_responses(products, sentence, h, first, width), key=lambda response: response[1])
            pooled[b, unit] = max(0.0, largest + bias[unit])
            argmax[b, unit] = t
    return pooled, argmax


def conv_max_backward(products, bias, dpooled, ids, offsets, widths, feature):
    """Gradients of the products, as far as they are of one of the rows of each token, and of the bias."""
    filters = products.shape[2]
    dproducts, dbias = np.zeros_like(products), np.zeros_like(bias)
    for b in range(len(offsets) - 1):
        sentence = ids[offsets[b] : offsets[b + 1]]
        for unit, h, first, width in _filters(widths, filters):
            t, largest = max(conv_responses(products, sentence, h, first, width), key=lambda response: response[1])
            if largest + bias[unit] > 0:
                dbias[unit] += dpooled[b, unit]
                for k in range(width):
                    if 0 <= t + k < len(sentence):
                        dproducts[sentence[t + k, feature], first + k, h] += dpooled[b, unit]
    return dproducts, dbias


def spread_tokens(inputs, ids, offsets, margin):
    rows = [np.zeros(inputs.shape[1], inputs.dtype)] * margin
    for b in range(len(offsets) - 1):
        rows += [inputs[i] for i in ids[offsets[b] : offsets[b + 1]]]
        rows += [np.zeros(inputs.shape[1], inputs.dtype)] * margin
    return np.array(rows).reshape(-1, inputs.shape[1])


def spread_tokens_backward(count, dtokens, ids, offsets, margin):
    dinputs = np.zeros((count, dtokens.shape[2]), dtokens.dtype)
    for b in range(len(offsets) - 1):
        for i in range(offsets[b], offsets[b + 1]):
            for part in dtokens:
                dinputs[ids[i]] += part[i + (b + 1) * margin]
    return dinputs


def tanh(values):
    return np.array([math.tanh(value) for value in values], values.dtype)


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


def softmax(logits):
    out = np.empty_like(logits)
    for b, row in enumerate(logits):
        powers = [math.exp(float(z) - float(max(row))) for z in row]
        out[b] = [power / math.fsum(powers) for power in powers]
    return out


def cross_entropy(logits, labels):
    """Mean loss, written as log(sum exp) - z of the label, and its gradient."""
    probabilities = softmax(logits.astype(np.float64))
    loss, dlogits = 0.0, probabilities / len(labels)
    for b, label in enumerate(labels):
        largest = float(max(logits[b]))
        total = math.fsum(math.exp(float(z) - largest) for z in logits[b])
        loss += math.log(total) + largest - float(logits[b, label])
        dlogits[b, label] -= 1 / len(labels)
    return loss / len(labels), dlogits


def _softened(row, temperature):
    """Probabilities and their logarithms of one row of logits."""
    scaled = [float(z) / temperature for z in row]
    total = max(scaled) + math.log(math.fsum(math.exp(z - max(scaled)) for z in scaled))
    logs = [z - total for z in scaled]
    return [math.exp(log) for log in logs], logs


def softened_cross_entropy(logits, teacher, temperature):
    """Mean loss and its gradient."""
    loss, dlogits = 0.0, np.zeros(logits.shape)
    for b in range(len(logits)):
        p, _ = _softened(teacher[b], temperature)
        q, log_q = _softened(logits[b], temperature)
        loss -= sum(p[c] * log_q[c] for c in range(len(p)) if p[c] > 0)
        dlogits[b] = [(q[c] - p[c]) / temperature for c in range(len(p))]
    return loss / len(logits), dlogits / len(logits)


def squared_error(logits, teacher):
    """Mean over the sentences of half the squared distance, and its gradient."""
    loss, dlogits = 0.0, np.zeros(logits.shape)
    for b in range(logits.shape[0]):
        for c in range(logits.shape[1]):
            difference = float(logits[b, c]) - float(teacher[b, c])
            loss += difference**2 / 2 / len(logits)
            dlogits[b, c] = difference / len(logits)
    return loss, dlogits


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


def adam(values, mean, square, gradient, step, rate, beta1, beta2, epsilon):
    values, mean, square = values.copy(), mean.copy(), square.copy()
    for i in range(len(values)):
        mean[i] = beta1 * mean[i] + (1 - beta1) * gradient[i]
        square[i] = beta2 * square[i] + (1 - beta2) * gradient[i] ** 2
        corrected_mean = mean[i] / (1 - beta1**step)
        corrected_square = square[i] / (1 - beta2**step)
        values[i] -= rate * corrected_mean / (math.sqrt(corrected_square) + epsilon)
    return values, mean, square


def relation_f1(names, confusion):
    """As SemEval's scorer tells it: example by example, then precision and recall of each relation."""
    examples = []
    for g, gold in enumerate(names):
        for p, guess in enumerate(names):
            examples += [(gold, guess)] * int(confusion[g][p])
    scores = []
    for relation in {gold.split("(")[0] for gold, _ in examples}:
        if relation == "Other":
            continue
        right = sum(gold == guess for gold, guess in examples if gold.split("(")[0] == relation)
        actual = sum(gold.split("(")[0] == relation for gold, _ in examples)
        proposed = sum(guess.split("(")[0] == relation for _, guess in examples)
        precision, recall = right / proposed if proposed else 0, right / actual
        scores.append(200 * precision * recall / (precision + recall) if right else 0)
    return math.fsum(scores) / len(scores) if scores else 0.0


def positions(length, span1, span2):
    rows = []
    for i in range(length):
        row = []
        for first, end in (span1, span2):
            inside = range(first, end)
            nearest = min(inside, key=lambda j: abs(i - j))
            row.append(i - nearest)
        rows.append(row)
    return np.array(rows, np.int32).reshape(length, 2)
