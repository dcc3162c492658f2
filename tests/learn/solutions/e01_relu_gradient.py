import numpy as np


def relu_gradient(dh, h):
    return np.where(h > 0, dh, 0)


MISTAKES = [lambda dh, h: dh, lambda dh, h: dh * h, lambda dh, h: np.maximum(dh, 0)]
