"""How far each kernel is from the limit of this machine, told after the benchmarks.

The limit of a kernel is the time that its products would take at the rate of a large sgemm on one thread, or its
arrays, moved once, at the rate of a copy of an array of the size of a batch's, whichever is longer. Both rates are
measured in the same run.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported; as the command line does

import time

import numpy as np
import pytest

COPIED = 1 << 18  # float32: 1 MB, about what the largest arrays of a batch have


def best_seconds(action, times):
    """The shortest of several calls."""
    seconds = []
    for _ in range(times):
        begun = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


def sgemm_rate():
    """Floating-point operations a second of a large product on one thread, by NumPy's BLAS."""
    size = 1000
    a, out = np.ones((size, size), np.float32), np.empty((size, size), np.float32)
    return 2 * size**3 / best_seconds(lambda: np.matmul(a, a, out=out), 20)


def copy_rate():
    """Bytes a second, read and written, of a copy."""
    source, sink = np.ones(COPIED, np.float32), np.empty(COPIED, np.float32)
    return 2 * source.nbytes / best_seconds(lambda: np.copyto(sink, source), 200)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter, config):
    """A line for each kernel: its time, and what share of the limit it reaches."""
    session = getattr(config, "_benchmarksession", None)
    rows = [row for row in session.benchmarks if "bytes" in row.extra_info] if session else []
    if not rows or config.option.benchmark_disable:
        return
    flops, copied = sgemm_rate(), copy_rate()
    write = terminalreporter.write_line
    write(f"share of the machine's limit: sgemm {flops / 1e9:.0f} GFLOP/s, copy {copied / 1e9:.0f} GB/s, one thread")
    for row in rows:
        computing, moving = row.extra_info["flops"] / flops, row.extra_info["bytes"] / copied
        share = 100 * max(computing, moving) / row.stats.median
        bound = "sgemm" if computing > moving else "copy"
        write(f"{row.name:60} {1e6 * row.stats.median:10.1f} us {share:6.0f} % of {bound}")
