"""Large arrays that every step of training needs again: kept, since fresh ones cost a page fault for every 4 KB."""

import math

import numpy as np


class Scratch:
    """Hands out arrays by name; asked for the same name again, it hands out the same memory.

    So an array is good until the next step asks for it. A new Scratch for each step is as good, but slower.
    """

    def __init__(self):
        self._kept: dict[str, np.ndarray] = {}

    def empty(self, name: str, shape: tuple[int, ...], dtype) -> np.ndarray:
        """An array of unknown numbers."""
        size = math.prod(shape)
        kept = self._kept.get(name)
        if kept is None or kept.size < size or kept.dtype != dtype:
            kept = self._kept[name] = np.empty(size + size // 4, dtype)  # so that it grows a few times only
        return kept[:size].reshape(shape)
