import numpy as np


def max_pooling_backward(dpooled, r):
    dr = np.zeros_like(r)
    dr[r.argmax(axis=0), np.arange(r.shape[1])] = dpooled
    return dr


MISTAKES = [
    lambda dpooled, r: dpooled * (r == r.max(axis=0)),
    lambda dpooled, r: dpooled * r.max(axis=0) * (r == r.max(axis=0)),
    lambda dpooled, r: np.broadcast_to(dpooled, r.shape),
]
