"""What each part of kernels/machine buys: a training epoch with the part, and with what one would write without it.

`encode`, d = 50, TREC, one thread and two. Fills kernels/machine/README.md.
"""

import time
from itertools import product

from data import VECTORS, given

WITH = "all parts"
PARTS = {  # part: the networks that use it
    "products in C": ("mean", "cnn", "lstm"),
    "windows in C": ("cnn",),
    "tanh without a branch": ("mean", "cnn", "lstm"),
}
RATIOS = {"times as fast as with it": lambda name: WITH}
FACTS = {"first epoch, compiling": ("compiling", "{:.1f} s")}
PAGE = "kernels/machine/README.md"


def races(folder):
    for network, threads in product(("mean", "cnn", "lstm"), (1, 2)):
        what = {"network": network, "threads": str(threads)}
        without = {f"without {part}": part for part, networks in PARTS.items() if network in networks}
        yield what, {name: ("epochs", {**what, "without": part}) for name, part in {WITH: None, **without}.items()}


def check(facts):
    losses = [found["loss"] for found in facts.values()]  # of the first epoch: round-off grows with every step
    assert max(losses) < 1.02 * min(losses), f"they do not learn alike: {facts}"


def epochs(network, threads, without):
    import os
    import tempfile

    # Kernels of its own, compiled by each contestant, since what they call is replaced below.
    os.environ["NUMBA_CACHE_DIR"] = tempfile.mkdtemp()
    if without:
        REPLACE[without]()
    from embdistill.data.prepare import prepare
    from embdistill.kernels.machine.threads import use_threads
    from embdistill.model.config import Config
    from embdistill.training.learner import build_learner

    use_threads(int(threads))
    config = Config(network=network)
    dataset = prepare(**{"dev": None, **given("TREC")}, vectors=VECTORS, config=config).with_dev(0)
    learner = build_learner(dataset.vectors, len(dataset.labels), config)
    begun = time.perf_counter()
    loss = learner.epoch(dataset.train, config.batch)
    compiling = time.perf_counter() - begun
    for _ in range(2):
        learner.epoch(dataset.train, config.batch)
    return {"loss": float(loss), "compiling": compiling}, lambda: learner.epoch(dataset.train, config.batch) and None


def blas():
    """NumPy's BLAS, which takes contiguous matrices."""
    import numpy as np
    from numba.extending import overload

    from embdistill.kernels.machine import simd

    def multiply(out, a, b):
        out[:] = a @ b

    @overload(multiply)
    def compiled(out, a, b):
        def multiply_by_blas(out, a, b):
            out[:] = np.dot(np.ascontiguousarray(a), np.ascontiguousarray(b))

        return multiply_by_blas

    simd.multiply = multiply


def loops():
    """The windows of the convolution as loops that Numba vectorises as far as it can."""
    import numpy as np
    from numba import njit

    from embdistill.kernels.machine import simd

    filters = simd.FILTERS_AT_ONCE

    @njit(nogil=True)
    def max_windows(pooled, argmax, products, bias, ids, offsets, width):
        best, total = np.empty(filters, np.float32), np.empty(filters, np.float32)
        where = np.empty(filters, np.int32)
        for b in range(pooled.shape[0]):
            tokens = ids[offsets[b] : offsets[b + 1]]
            length = tokens.shape[0]
            for h in range(filters):
                best[h], where[h] = 0 if length == 0 else -np.inf, 0
            for t in range(1 - width if length else 0, length):
                for h in range(filters):
                    total[h] = 0
                for i in range(max(0, -t), min(width, length - t)):
                    for f in range(tokens.shape[1]):
                        row = products[tokens[t + i, f]]
                        for h in range(filters):
                            total[h] += row[filters * i + h]
                for h in range(filters):
                    more = total[h] > best[h]
                    best[h] = total[h] if more else best[h]
                    where[h] = t if more else where[h]
            for h in range(pooled.shape[1]):
                pooled[b, h] = max(best[h] + bias[h], 0)
                argmax[b, h] = where[h]

    simd.max_windows, simd.add_windows = max_windows, njit(nogil=True)(simd.add_windows)


def math_tanh():
    """The C library's tanh, one number at a time."""
    import math

    from numba import njit

    from embdistill.kernels import activations

    @njit(nogil=True)
    def tanh(values):
        for i in range(values.shape[0]):
            values[i] = math.tanh(values[i])

    activations.tanh = tanh


REPLACE = {"products in C": blas, "windows in C": loops, "tanh without a branch": math_tanh}
