"""Twins of kernels/conv.py."""

import numpy as np


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
