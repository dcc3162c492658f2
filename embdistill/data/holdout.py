"""The dev split of a training file that comes without one."""

import numpy as np

from embdistill.errors import UserError

SHARE = 0.1  # of the examples that are held out


def held_out(labels: np.ndarray, seed: int, share: float = SHARE) -> tuple[np.ndarray, np.ndarray]:
    """(dev, train): the sorted indices (n,) int64 of a share of the examples, chosen by the seed, and of the others.

    labels (B,) int32: at least one example of each class stays in train; UserError where that leaves none for dev.
    """
    check_dev(len(labels), len(np.unique(labels)), share)
    order = np.random.default_rng(seed).permutation(len(labels))
    first_of_class = np.unique(labels[order], return_index=True)[1]
    order = np.concatenate([np.delete(order, first_of_class), order[first_of_class]])
    count = dev_size(len(labels), share)
    return np.sort(order[:count]), np.sort(order[count:])


def check_splits(format: str, names: list[str], labels: np.ndarray, has_dev: bool, folds: int | None) -> None:
    """UserError if a dev split cannot be held out of a training file, or folds not be made of it.

    format: of the file. names (C,): of the classes. labels (B,) int32. folds: how many, or None.
    """
    phrases, size = format.endswith("-phrases"), len(labels)
    if folds is not None:
        check_folds(format, names, labels, folds)
        size -= -(-size // folds)
    if not has_dev:
        if phrases:
            raise UserError("--dev is missing; phrases need it, or parts of held-out sentences would be trained on")
        check_dev(size, len(names))


def check_folds(format: str, names: list[str], labels: np.ndarray, folds: int) -> None:
    """UserError for more folds than examples, and if a fold would have all examples of a class, as of a single one."""
    if folds > len(labels):
        raise UserError(f"--folds {folds}: more than the {len(labels)} examples; give fewer folds")
    if format.endswith("-phrases"):
        raise UserError("--folds does not go with phrases: parts of a test sentence would be trained on")
    single = np.flatnonzero(np.bincount(labels, minlength=len(names)) == 1)
    if len(single):
        raise UserError(f"--folds: all examples of class {names[single[0]]!r} are in one fold; give more of them")


def check_dev(size: int, classes: int, share: float = SHARE) -> None:
    """UserError if too few of `size` examples are left to hold out, when each class keeps one."""
    if dev_size(size, share) > size - classes:
        alone = ", since each has a class of its own" if classes == size else ""
        raise UserError(f"too few training examples to hold out a dev part{alone}; give more, or --dev FILE")


def dev_size(size: int, share: float = SHARE) -> int:
    """How many of `size` examples are held out."""
    return max(1, int(size * share + 1e-9))  # whole, whatever the round-off
