"""The stage `pretrain`: the encoder starts as the first half of an autoencoder over the vocabulary."""

import numpy as np

from embdistill.model.encoder import Encoder
from embdistill.model.parameters import Parameters
from embdistill.progress import say
from embdistill.training.adam import Adam

WORDS = 100  # a step
RATE = 0.001  # of Adam


def pretrain(encoder: Encoder, values: dict[str, np.ndarray], epochs: int, seed: int) -> list[float]:
    """Train the encoder's weights in `values`, in place, to give back the large vectors through a linear decoder.

    Formula: minimise the mean over the words of |phi - (U e + c)|^2 / (2 D), e the small vector, U (D, d), c (D,). The
    decoder is thrown away. Returns the mean loss of each epoch.
    Source: Shin et al. 2019, section 3.2; the decoder there mirrors the encoder, here it is linear.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed).spawn(7)[6])
    large, dim = encoder.vectors.shape[1], encoder.dim
    shapes = {"decoder.weight": (large, dim), "decoder.bias": (large,)}
    parameters = Parameters({**encoder.shapes(), **shapes}, encoder.vectors.dtype)
    weights, gradients = parameters.values, parameters.gradients
    for name in encoder.shapes():
        weights[name][:] = values[name]
    bound = (3 / dim) ** 0.5
    weights["decoder.weight"][:] = rng.uniform(-bound, bound, shapes["decoder.weight"])
    adam, losses = Adam(RATE), []
    for _ in range(epochs):
        order = rng.permutation(np.arange(1, len(encoder.vectors), dtype=np.int32))  # row 0 is no word
        total = 0.0
        for first in range(0, len(order), WORDS):
            words = order[first : first + WORDS]
            total += reconstruction(encoder, weights, gradients, words) * len(words)
            adam.step(parameters, None)
        losses.append(total / len(order))
    for name in encoder.shapes():
        values[name][:] = weights[name]
    if losses:
        say(f"pretrain: {epochs} epochs, mean squared error {2 * losses[0]:.3f} to {2 * losses[-1]:.3f}")
    return losses


def reconstruction(encoder: Encoder, weights, gradients, words: np.ndarray) -> float:
    """Mean of |phi - (U e + c)|^2 / (2 D) over words (n,) int32; writes the gradients of encoder and decoder."""
    small, encoder_backward = encoder.forward(weights, words)
    difference = small @ weights["decoder.weight"].T + weights["decoder.bias"] - encoder.vectors[words]
    doutput = difference / difference.dtype.type(difference.size)
    np.matmul(doutput.T, small, out=gradients["decoder.weight"])
    np.sum(doutput, axis=0, out=gradients["decoder.bias"])
    encoder_backward(doutput @ weights["decoder.weight"], gradients)
    return float(np.mean(np.square(difference), dtype=np.float64)) / 2
