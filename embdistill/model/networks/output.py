"""The last layer that all networks share: dropout and a linear map to the classes."""

import numpy as np

from embdistill.kernels.dense import linear_backward, linear_forward


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

    keep: (B, F), 0 where a feature is dropped, else about 1 / (1 - rate) (Srivastava et al. 2014); None: no dropout.
    """
    kept = features if keep is None else features * keep
    weight = values["output.weight"]
    logits = np.empty((len(kept), len(weight)), kept.dtype)
    linear_forward(logits, kept, weight, values["output.bias"])

    def backward(dlogits, gradients):
        dfeatures = np.empty_like(kept)
        linear_backward(dfeatures, gradients["output.weight"], gradients["output.bias"], dlogits, kept, weight)
        if keep is not None:
            dfeatures *= keep
        return dfeatures

    return logits, backward
