"""What training changes: the weights of now, their moving average over the epochs, and the best so far."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from embdistill.model.parameters import Parameters, Rows

# Share of the earlier epochs in the moving average of the weights (Polyak & Juditsky 1992; once an epoch as in Izmailov
# et al. 2018). Averaged weights do better on sentences that the choice of the epoch did not see: docs/method.md.
AVERAGING = 0.7


class Weights:
    """The weights of a learner: dense parameters and, where a table is trained row by row, its rows."""

    def __init__(self, parameters: Parameters, rows: Rows | None):
        self.trained = [parameters.arrays()] if rows is None else [parameters.arrays(), rows.arrays()]
        self.now = [arrays["values"] for arrays in self.trained]
        self.average = [values.copy() for values in self.now]
        self.best = [values.copy() for values in self.now]

    def update_average(self, first: bool) -> None:
        """Take the weights of now into their moving average over the epochs; the first epoch begins it."""
        for average, values in zip(self.average, self.now, strict=True):
            average += (1 if first else 1 - AVERAGING) * (values - average)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Within the block, the averaged weights stand in for those of now."""
        now = [values.copy() for values in self.now]
        self._set(self.average)
        try:
            yield
        finally:
            self._set(now)

    def keep_best(self) -> None:
        """Remember the weights of now."""
        for best, values in zip(self.best, self.now, strict=True):
            best[:] = values

    def keep_average(self) -> None:
        """Remember the averaged weights instead."""
        for best, average in zip(self.best, self.average, strict=True):
            best[:] = average

    def restore_best(self) -> None:
        """Go back to the weights remembered last."""
        self._set(self.best)

    def arrays(self) -> dict[str, np.ndarray]:
        """All arrays that training changes, themselves and not copies: what a checkpoint holds."""
        arrays = {f"best{i}": best for i, best in enumerate(self.best)}
        arrays |= {f"average{i}": average for i, average in enumerate(self.average)}
        for i, trained in enumerate(self.trained):
            arrays |= {f"{name}{i}": array for name, array in trained.items()}
        return arrays

    def _set(self, weights):
        for values, others in zip(self.now, weights, strict=True):
            values[:] = others
