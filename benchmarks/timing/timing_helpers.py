"""The sizes of one training batch of 50 questions, arrays of random numbers, and how a kernel is timed.

Run: pytest benchmarks/timing/kernels; with --benchmark-autosave to keep the figures, and with --benchmark-compare to
see them beside those kept last.
"""

import numpy as np

from embdistill.kernels import adam

V, U, N, B, D, d, H, C = 8000, 250, 500, 50, 300, 50, 100, 6  # letters of docs/glossary.md
WIDTHS = (3, 4, 5)
ADAM = adam.AdamStep(10, 0.001, 0.9, 0.999, 1e-8)


def normal(rng, *shape):
    return rng.normal(size=shape).astype(np.float32)


def close(comp, ref):
    np.testing.assert_allclose(comp, ref, rtol=1e-4, atol=1e-5)


def arrays_of(arguments):
    """The arrays among arguments, those of named tuples too."""
    for argument in arguments:
        if isinstance(argument, tuple):
            yield from arrays_of(argument)
        elif isinstance(argument, np.ndarray):
            yield argument


def timed(benchmark, kernel, *arguments, flops=0, idle=0):
    """Time a kernel. flops: of its products; idle: bytes of its arrays that it does not touch (see conftest.py)."""
    benchmark.group = kernel.__module__.rpartition(".")[2]
    benchmark.extra_info["flops"] = int(flops)
    benchmark.extra_info["bytes"] = sum(array.nbytes for array in arrays_of(arguments)) - idle
    benchmark(kernel, *arguments)
