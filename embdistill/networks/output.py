"""The last layer that all networks share: dropout and a linear map to the classes."""

import numpy as np


def shapes(classes, features):
    return {"output.weight": (classes, features), "output.bias": (classes,)}


def initialise(values, rng):
    """Glorot & Bengio 2010, uniform."""
    values["output.weight"][:] = glorot(values["output.weight"].shape, rng)
    values["output.bias"][:] = 0


def glorot(shape, rng):
    """Uniform start of a weight (out, in), Glorot & Bengio 2010, equation 16."""
    bound = (6 / (shape[-1] + shape[-2])) ** 0.5
    return rng.uniform(-bound, bound, shape)


def forward(values, features, keep):
    """Logits (B, C) of features (B, F), and the backward from dlogits to dfeatures.

    keep: (B, F), 0 where a feature is dropped and 1 / (1 - rate) elsewhere (Srivastava et al. 2014); None: no dropout.
    """
    kept = features if keep is None else features * keep
    logits = kept @ values["output.weight"].T + values["output.bias"]

    def backward(dlogits, gradients):
        np.matmul(dlogits.T, kept, out=gradients["output.weight"])
        np.sum(dlogits, axis=0, out=gradients["output.bias"])
        dfeatures = dlogits @ values["output.weight"]
        if keep is not None:
            dfeatures *= keep
        return dfeatures

    return logits, backward
