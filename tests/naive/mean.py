"""Twins of kernels/mean.py."""

import numpy as np


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
