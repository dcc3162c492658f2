"""Mean of the word vectors of a sentence."""

import numpy as np

from embdistill.kernels.machine.compiling import kernel

RUN = 64  # tokens that are summed before their sum is added to that of the others, which bounds the round-off


@kernel
def mean_forward(out, embeddings, ids, offsets):
    """Mean of the rows of each sentence; zero for an empty sentence.

    Formula: out[b] = sum of embeddings[ids[i]] over the n tokens of b, divided by n. The sum is one of sums over RUN
        tokens each: in a single one, 10,000 float32 numbers would lose a digit or two.
    Shapes: out (B, d) float; embeddings (U, d) float; ids (N,) int32 in 0..U-1; offsets (B+1,) int64.
    Writes: out.
    """
    part = np.empty(out.shape[1], out.dtype)
    for b in range(out.shape[0]):
        row = out[b]
        row[:] = 0
        for first in range(offsets[b], offsets[b + 1], RUN):
            part[:] = 0
            for i in range(first, min(first + RUN, offsets[b + 1])):
                embedding = embeddings[ids[i]]
                for j in range(row.shape[0]):
                    part[j] += embedding[j]
            for j in range(row.shape[0]):
                row[j] += part[j]
        if offsets[b + 1] > offsets[b]:
            length = row.dtype.type(offsets[b + 1] - offsets[b])
            for j in range(row.shape[0]):
                row[j] /= length


@kernel
def mean_backward(dembeddings, dout, ids, offsets):
    """Gradient of mean_forward.

    Formula: dembeddings[u] = sum over all tokens i with ids[i] = u of dout[b] / n, n the tokens of their sentence b.
    Shapes: as in mean_forward; dembeddings as embeddings, dout as out.
    Writes: dembeddings.
    """
    dembeddings[:] = 0
    share = np.empty(dout.shape[1], dout.dtype)
    for b in range(dout.shape[0]):
        row = dout[b]
        length = row.dtype.type(max(1, offsets[b + 1] - offsets[b]))
        for j in range(row.shape[0]):
            share[j] = row[j] / length
        for i in range(offsets[b], offsets[b + 1]):
            dembedding = dembeddings[ids[i]]
            for j in range(share.shape[0]):
                dembedding[j] += share[j]
