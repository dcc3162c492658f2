"""One teacher out of several: how their logits become the targets of the student."""

import numpy as np

ROUNDS = 10  # of routing, as in the experiments of Shin et al. 2019


def mean(logits: np.ndarray) -> np.ndarray:
    """Mean over the teachers. logits (teachers, B, C); returns (B, C)."""
    return logits.mean(axis=0)


def agreement(logits: np.ndarray) -> np.ndarray:
    """Routing by agreement: for each sentence, teachers that agree with the others weigh more.

    Formula: b = 0; ROUNDS times: c = softmax(b) over the teachers, s = sum of c_k z_k, and but the last time
        b_k += squash(z_k) . squash(s). logits z (teachers, B, C); returns s (B, C).
    Source: Shin, Yang & Choi 2019, section 3.3 ("RAE"), after Sabour et al. 2017, procedure 1.
    """
    return _routed(logits, 1)


def disagreement(logits: np.ndarray) -> np.ndarray:
    """Routing by disagreement: as by agreement, but teachers that differ from the others weigh more ("RDE")."""
    return _routed(logits, -1)


def _routed(logits, sign):
    squashed = _squash(logits)
    coupling = np.zeros(logits.shape[:2])  # b, (teachers, B)
    for rounds_left in reversed(range(ROUNDS)):
        weights = np.exp(coupling - coupling.max(axis=0))
        weights /= weights.sum(axis=0)
        combined = np.einsum("kb,kbc->bc", weights, logits)
        if rounds_left:
            coupling += sign * np.einsum("kbc,bc->kb", squashed, _squash(combined))
    return combined.astype(logits.dtype)


def _squash(z):
    """z at length |z|^2 / (1 + |z|^2), along the last axis; zero stays zero (Sabour et al. 2017, equation 1)."""
    square = np.sum(np.square(z), axis=-1, keepdims=True)
    return z * (np.sqrt(square) / (1 + square))
