"""Twin of kernels/batches.py."""

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
