"""A plain-loop reference of every kernel. Imports nothing of embdistill; written for reading, not for speed."""

import math

import numpy as np


def pack(ids, offsets, order):
    sentences = [list(ids[offsets[b] : offsets[b + 1]]) for b in order]
    out_offsets = [0]
    for sentence in sentences:
        out_offsets.append(out_offsets[-1] + len(sentence))
    return np.array(sum(sentences, []), np.int32), np.array(out_offsets, np.int64)


def distinct(ids):
    words, local = [], []
    for word in ids:
        if word not in words:
            words.append(word)
        local.append(words.index(word))
    return np.array(words, np.int32), np.array(local, np.int32)


def gather_rows(table, rows):
    return np.array([[table[r, j] for j in range(table.shape[1])] for r in rows], table.dtype)


def matmul(a, b):
    out = np.zeros((a.shape[0], b.shape[1]), a.dtype)
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            for k in range(a.shape[1]):
                out[i, j] += a[i, k] * b[k, j]
    return out


def bias_tanh(product, bias):
    out = np.empty_like(product)
    for u in range(product.shape[0]):
        for j in range(product.shape[1]):
            out[u, j] = math.tanh(product[u, j] + bias[j])
    return out


def bias_tanh_backward(dencoded, encoded):
    dproduct = np.empty_like(dencoded)
    dbias = np.zeros(dencoded.shape[1], dencoded.dtype)
    for u in range(dencoded.shape[0]):
        for j in range(dencoded.shape[1]):
            dproduct[u, j] = dencoded[u, j] * (1 - encoded[u, j] ** 2)
            dbias[j] += dproduct[u, j]
    return dproduct, dbias


def bias_relu(product, bias):
    out = np.empty_like(product)
    for b in range(product.shape[0]):
        for h in range(product.shape[1]):
            out[b, h] = max(0.0, product[b, h] + bias[h])
    return out


def bias_relu_backward(dhidden, hidden):
    dproduct = np.zeros_like(dhidden)
    dbias = np.zeros(dhidden.shape[1], dhidden.dtype)
    for b in range(dhidden.shape[0]):
        for h in range(dhidden.shape[1]):
            if hidden[b, h] > 0:
                dproduct[b, h] = dhidden[b, h]
                dbias[h] += dhidden[b, h]
    return dproduct, dbias


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
    """(t, response) of one filter at every position of the sentence between width - 1 zero vectors on either side."""
    if len(sentence) == 0:
        return [(0, 0.0)]
    responses = []
    for t in range(-(width - 1), len(sentence)):
        total = 0.0
        for k in range(width):
            if 0 <= t + k < len(sentence):
                total += products[sentence[t + k], first + k, h]
        responses.append((t, total))
    return responses


def conv_max_forward(products, bias, ids, offsets, widths):
    filters = products.shape[2]
    pooled = np.zeros((len(offsets) - 1, filters * len(widths)), products.dtype)
    position = np.zeros(pooled.shape, np.int32)
    for b in range(len(offsets) - 1):
        sentence = ids[offsets[b] : offsets[b + 1]]
        for unit, h, first, width in _filters(widths, filters):
            t, largest = max(conv_responses(products, sentence, h, first, width), key=lambda response: response[1])
            pooled[b, unit] = max(0.0, largest + bias[unit])
            position[b, unit] = t
    return pooled, position


def conv_max_backward(products, bias, dpooled, ids, offsets, widths):
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
                        dproducts[sentence[t + k], first + k, h] += dpooled[b, unit]
    return dproducts, dbias


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


def adam(values, mean, square, gradient, step, rate, beta1, beta2, epsilon):
    values, mean, square = values.copy(), mean.copy(), square.copy()
    for i in range(len(values)):
        mean[i] = beta1 * mean[i] + (1 - beta1) * gradient[i]
        square[i] = beta2 * square[i] + (1 - beta2) * gradient[i] ** 2
        corrected_mean = mean[i] / (1 - beta1**step)
        corrected_square = square[i] / (1 - beta2**step)
        values[i] -= rate * corrected_mean / (math.sqrt(corrected_square) + epsilon)
    return values, mean, square
