"""The last layer that all networks share: dropout and a linear map to the classes."""

import numpy as np

from embdistill.kernels.activations import IDENTITY
from embdistill.kernels.dense import dense_backward, dense_forward


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


def forward(values, features, mask):
    """Logits (B, C) of features (B, F), and the backward from dlogits to dfeatures.

    mask: (B, F), 0 where a feature is dropped, else about 1 / (1 - rate) (Srivastava et al. 2014); None: no dropout.
    """
    kept = features if mask is None else features * mask
    weight = values["output.weight"]
    logits = np.empty((len(kept), len(weight)), kept.dtype)
    dense_forward(logits, kept, weight, values["output.bias"], IDENTITY)

    def backward(dlogits, gradients):
        dfeatures = np.empty_like(kept)
        dweights = gradients["output.weight"], gradients["output.bias"]
        dense_backward(dfeatures, *dweights, dlogits, logits, kept, weight, IDENTITY)
        if mask is not None:
            dfeatures *= mask
        return dfeatures

    return logits, backward
