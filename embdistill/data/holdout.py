"""The dev split of a training file that comes without one."""

import numpy as np

from embdistill.errors import UserError

SHARE = 10  # one example in this many is held out


def held_out(labels: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(dev, train): the sorted indices (n,) int64 of a tenth of the examples, chosen by the seed, and of the others.

    labels (B,) int32: at least one example of each class stays in train; UserError where that leaves none for dev.
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    first_of_class = np.unique(labels[order], return_index=True)[1]
    order = np.concatenate([np.delete(order, first_of_class), order[first_of_class]])
    count = max(1, len(labels) // SHARE)
    if count > len(labels) - len(first_of_class):
        raise UserError("too few training examples to hold out a dev part; give more, or --dev FILE")
    return np.sort(order[:count]), np.sort(order[count:])
