"""The weights of a model: one flat array, of which every weight is a named view, and tables trained row by row."""

import math

import numpy as np

MOST = 2**40  # weights; of more, NumPy would say that a dimension is too large


class Parameters:
    """Dense weights by name, with their gradients and Adam's moments, each kind in one flat array.

    One array makes the optimiser a single kernel call, and keeping the best weights a single copy.
    """

    def __init__(self, shapes: dict[str, tuple[int, ...]], dtype=np.float32):
        """MemoryError for more than MOST weights."""
        size = sum(math.prod(shape) for shape in shapes.values())
        if size > MOST:
            raise MemoryError(f"{size:,} weights")
        self.flat = np.zeros(size, dtype)
        self.flat_gradient = np.zeros(size, dtype)
        self.mean, self.square = np.zeros(size, dtype), np.zeros(size, dtype)
        self.values = _views(self.flat, shapes)
        self.gradients = _views(self.flat_gradient, shapes)

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that training changes: the weights themselves and Adam's moments."""
        return {"values": self.flat, "mean": self.mean, "square": self.square}


def _views(flat, shapes):
    ends = np.cumsum([math.prod(shape) for shape in shapes.values()])
    parts = zip(shapes.items(), np.split(flat, ends), strict=False)
    return {name: part.reshape(shape) for (name, shape), part in parts}


class Rows:
    """A (V, d) table of which each batch trains only the rows of its own words."""

    def __init__(self, values: np.ndarray):
        self.values = values
        self.mean, self.square = np.zeros_like(values), np.zeros_like(values)
        self.touched: tuple[np.ndarray, np.ndarray] | None = None  # rows (U,) and their gradients (U, d)

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that training changes: the weights themselves and Adam's moments."""
        return {"values": self.values, "mean": self.mean, "square": self.square}
