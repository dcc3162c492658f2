import numpy as np


def softmax(z):
    powers = np.exp(z - z.max())
    return powers / powers.sum()


def soft_gradient(z, t, T):
    return T * (softmax(z / T) - softmax(t / T))


MISTAKES = [
    lambda z, t, T: softmax(z / T) - softmax(t / T),
    lambda z, t, T: T**2 * (softmax(z / T) - softmax(t / T)),
    lambda z, t, T: T * (softmax(t / T) - softmax(z / T)),
]
