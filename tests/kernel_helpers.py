"""What the tests of the kernels share."""

import numpy as np

from embdistill.model import choices

DTYPES = [np.float32, np.float64]
ACTIVATIONS = {name: choice.load() for name, choice in choices.ACTIVATIONS.items()}
ROWS = 7  # distinct words of a batch

BATCHES = {
    "several": [[0, 3, 3, 6, 1], [2], [5, 4]],
    "empty sentence": [[], [1, 2, 3], []],
    "only an empty one": [[]],
    "no sentence": [],
    "one token": [[4]],
    "both ends of the table": [[0, 6], [6, 0, 6]],
    "longer than every filter": [[i % ROWS for i in range(23)]],
}


def close(comp, ref):
    np.testing.assert_allclose(comp, ref, rtol=1e-5 if comp.dtype == np.float32 else 1e-12, atol=1e-6)
    assert comp.shape == ref.shape


def normal(rng, *shape, dtype):
    return rng.normal(size=shape).astype(dtype)


def empty_like(*arrays):
    """Arrays of NaN, so that a kernel must write all of each and read none."""
    return [np.full_like(array, np.nan) for array in arrays]
