"""Work shared among threads: a kernel computes one chunk of its result a call, and the threads take chunks in turn.

Kernels run without Python's lock, so plain Python threads are enough. The chunks follow from the shapes alone: so the
result is the same to the last byte, whatever the number of threads. Nobody waits for a thread that has not begun, which
happens where another program keeps the cores busy.
"""

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from functools import wraps

from embdistill.errors import UserError
from embdistill.kernels.machine.compiling import kernel

MOST_CHUNKS = 8

_helpers = 0  # threads besides the caller's
_pool: ThreadPoolExecutor | None = None


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def use_threads(count: int) -> None:
    """Share chunks among `count` threads from now on; UserError if there are fewer cores."""
    global _helpers, _pool
    if not 1 <= count <= cores():
        raise UserError(f"--threads {count}: must be from 1 to {cores()}, the cores at hand")
    if _pool is not None:
        _pool.shutdown()
    _helpers = count - 1
    _pool = ThreadPoolExecutor(_helpers) if _helpers else None


def started() -> bool:
    """Whether there are threads, which a fork of this process would not have."""
    return _pool is not None


def chunks(size: int, least: int) -> int:
    """How many chunks to make of `size` rows, of at least `least` each: a power of two, at most MOST_CHUNKS."""
    count = 1
    while count < MOST_CHUNKS and size >= 2 * count * least:
        count *= 2
    return count


def chunked(formula):
    """Decorator of a kernel(..., chunk, n_chunks): called as kernel(..., n_chunks), it computes all chunks."""
    one_chunk = kernel(formula)

    @wraps(formula)
    def all_chunks(*arguments):
        n_chunks = arguments[-1]
        next_chunk = itertools.count().__next__

        def work():
            while (chunk := next_chunk()) < n_chunks:
                one_chunk(*arguments[:-1], chunk, n_chunks)

        shares = [_pool.submit(work) for _ in range(min(_helpers, n_chunks - 1))]
        work()
        for share in shares:
            share.cancel() or share.result()

    return all_chunks
