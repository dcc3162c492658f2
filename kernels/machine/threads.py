"""Work shared among threads: a kernel computes one chunk of its result a call, and Numba's threads take the chunks.

The chunks follow from the shapes alone: so the result is the same to the last byte, whatever the number of threads.
"""

import threading
from functools import wraps
from inspect import signature

import numba

from embdistill.errors import UserError
from embdistill.kernels.machine.compiling import kernel

MOST_CHUNKS = 8
ONLY_PRANGE = dict.fromkeys("comprehension reduction inplace_binop setitem numpy stencil fusion".split(), False)

_threads = 1
_started = False
_parallel = threading.Lock()  # not every layer of Numba's threads takes several callers at once


def cores() -> int:
    """The processors that this process may use."""
    return numba.config.NUMBA_NUM_THREADS


def use_threads(count: int) -> None:
    """Share chunks among `count` threads from now on; UserError if there are fewer cores."""
    global _threads, _started
    if not 1 <= count <= cores():
        raise UserError(f"--threads {count}: must be from 1 to {cores()}, the cores at hand")
    _threads, _started = count, _started or count > 1
    if count > 1:
        numba.set_num_threads(count)


def started() -> bool:
    """Whether there may be threads, which a fork of this process would not have."""
    return _started


def chunks(size: int, least: int) -> int:
    """How many chunks to make of `size` rows, of at least `least` each: a power of two, at most MOST_CHUNKS."""
    count = 1
    while count < MOST_CHUNKS and size >= 2 * count * least:
        count *= 2
    return count


def chunked(formula):
    """Decorator of a kernel(..., chunk, n_chunks): called as kernel(..., n_chunks), it computes all chunks."""
    one_chunk = kernel(formula)
    in_parallel = _loop(formula, one_chunk)

    @wraps(formula)
    def all_chunks(*arguments):
        # The first call is shared even if there is one chunk: it compiles, in the warm-up and not while time is taken.
        shares = _threads > 1 and (arguments[-1] > 1 or not getattr(in_parallel, "signatures", True))
        if shares and _parallel.acquire(blocking=False):
            try:
                return in_parallel(*arguments)
            except SystemError as error:  # so Numba hands on what a chunk raised
                raise error.__cause__ or error from None
            finally:
                _parallel.release()
        for chunk in range(arguments[-1]):
            one_chunk(*arguments[:-1], chunk, arguments[-1])

    return all_chunks


def _loop(formula, one_chunk):
    """The loop over the chunks, compiled: written for each kernel, since Numba keeps no function with *arguments on
    disk. It counts as one of the kernel's file, beside which it is kept."""
    names = ", ".join([*signature(formula).parameters][:-2])
    source = f"""
def {formula.__name__}({names}, n_chunks):
    for chunk in prange(n_chunks):
        one_chunk({names}, int64(chunk), n_chunks)
"""
    scope = {"prange": numba.prange, "int64": numba.int64, "one_chunk": one_chunk, "__name__": formula.__module__}
    exec(compile(source, formula.__code__.co_filename, "exec"), scope)
    return kernel(parallel={"prange": True, **ONLY_PRANGE})(scope[formula.__name__])
