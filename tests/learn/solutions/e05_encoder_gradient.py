import numpy as np


def encoder_gradient(de, e, phi):
    da = de * (1 - e**2)
    return da.T @ phi, da.sum(axis=0)


MISTAKES = [
    lambda de, e, phi: (de.T @ phi, de.sum(axis=0)),
    lambda de, e, phi: ((de * (1 - np.tanh(e) ** 2)).T @ phi, (de * (1 - np.tanh(e) ** 2)).sum(axis=0)),
    lambda de, e, phi: ((de * (1 - e**2)).T @ phi, (de * (1 - e**2)).mean(axis=0)),
]
