"""The trained numbers of a model: one flat array, of which every weight is a named view."""

import math

import numpy as np

from embdistill.kernels.adam import adam, adam_rows

MOST = 2**40  # weights; NumPy would say of more that a dimension is too large


class Parameters:
    """Dense weights by name, with their gradients and Adam's moments, each kind in one flat array.

    One array makes the optimiser a single kernel call, and keeping the best weights a single copy.
    """

    def __init__(self, shapes: dict[str, tuple[int, ...]], dtype=np.float32):
        size = sum(math.prod(shape) for shape in shapes.values())
        if size > MOST:
            raise MemoryError(f"{size:,} weights")
        self.flat = np.zeros(size, dtype)
        self.flat_gradient = np.zeros(size, dtype)
        self.mean, self.square = np.zeros(size, dtype), np.zeros(size, dtype)
        self.values = _views(self.flat, shapes)
        self.gradients = _views(self.flat_gradient, shapes)

    def values_now(self) -> np.ndarray:
        """The array of the weights themselves."""
        return self.flat

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that training changes and a checkpoint must hold."""
        return {"values": self.flat, "mean": self.mean, "square": self.square}


def _views(flat, shapes):
    views, at = {}, 0
    for name, shape in shapes.items():
        size = math.prod(shape)
        views[name] = flat[at : at + size].reshape(shape)
        at += size
    return views


class Rows:
    """A (V, d) table of which each batch trains only the rows of its own words."""

    def __init__(self, values: np.ndarray):
        self.values = values
        self.mean, self.square = np.zeros_like(values), np.zeros_like(values)
        self.touched: tuple[np.ndarray, np.ndarray] | None = None  # rows (U,) and their gradients (U, d)

    def values_now(self) -> np.ndarray:
        """The array of the weights themselves."""
        return self.values

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that training changes and a checkpoint must hold."""
        return {"values": self.values, "mean": self.mean, "square": self.square}


class Adam:
    """Kingma & Ba 2015. The learning rate is the one number that users set; the rest are the paper's."""

    BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8

    def __init__(self, rate: float):
        self.rate = rate
        self.steps = 0

    def step(self, parameters: Parameters, rows: Rows | None) -> None:
        """Move along the gradients that the backward pass has left in parameters and rows."""
        self.steps += 1
        settings = (self.steps, self.rate, self.BETA1, self.BETA2, self.EPSILON)
        adam(parameters.flat, parameters.mean, parameters.square, parameters.flat_gradient, *settings)
        if rows is not None:
            words, gradient = rows.touched
            adam_rows(rows.values, rows.mean, rows.square, gradient, words, *settings)
