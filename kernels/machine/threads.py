"""Work shared among threads: a kernel computes one chunk of its result a call, and Numba's threads take the chunks.

The chunks follow from the shapes alone: so the result is the same to the last byte, whatever the number of threads.
"""

import threading
from functools import cache, wraps
from inspect import signature

import numba
from numba import int64

from embdistill.errors import UserError
from embdistill.kernels.machine.addresses import address_of, call, function_of
from embdistill.kernels.machine.compiling import kernel

MOST_CHUNKS = 8

_threads = 1
_started = False
_parallel = threading.Lock()  # not every threading layer of Numba may be called from several threads at once


def cores() -> int:
    """The processors that this process may use: those of the machine, or NUMBA_NUM_THREADS."""
    return numba.config.NUMBA_NUM_THREADS


def use_threads(count: int) -> None:
    """Share chunks among `count` threads from now on; UserError if there are fewer cores."""
    global _threads, _started
    if not 1 <= count <= cores():
        raise UserError(f"--threads {count}: must be from 1 to {cores()}, the cores at hand")
    _threads, _started = count, _started or count > 1


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
    in_parallel = _in_parallel(formula, one_chunk)

    @wraps(formula)
    def all_chunks(*arguments):
        *arrays, n_chunks = arguments
        # The first call is shared even if it has one chunk, so that this compiles in the warm-up.
        shares = _threads > 1 and not numba.config.DISABLE_JIT and (n_chunks > 1 or not in_parallel.signatures)
        if shares and _parallel.acquire(blocking=False):
            try:
                numba.set_num_threads(_threads)  # is of the thread that calls
                failed = in_parallel(_share_address(), *arguments)
            finally:
                _parallel.release()
            if not failed:
                return
        for chunk in range(n_chunks):  # also after a failure, to raise here what a thread raised and Numba lost
            one_chunk(*arrays, chunk, n_chunks)

    called = signature(formula)
    all_chunks.__signature__ = called.replace(parameters=[p for p in called.parameters.values() if p.name != "chunk"])
    return all_chunks


def _in_parallel(formula, one_chunk):
    """The kernel over all chunks, compiled, given the address of _share first; it returns how many chunks failed.

    Written for each kernel, since Numba keeps no closure on disk; it is kept beside the kernel, as one of its file.
    """
    names = ", ".join([*signature(formula).parameters][:-2])
    source = f"""
def {formula.__name__}(share, {names}, n_chunks):
    arguments = ({names}, n_chunks)
    return call(share, (function_of(one_chunk, arguments), address_of(arguments), n_chunks))
"""
    # Numba reads the source at its line, which the tokenizer of Python 3.13 refuses if a function does not begin there.
    source = "\n" * (formula.__code__.co_firstlineno - 1) + source.lstrip()
    scope = {"call": call, "function_of": function_of, "address_of": address_of, "one_chunk": one_chunk}
    scope["__name__"] = formula.__module__
    exec(compile(source, formula.__code__.co_filename, "exec"), scope)
    scope[formula.__name__].__qualname__ = f"{formula.__qualname__}.all_chunks"  # names another file of the cache
    return kernel(scope[formula.__name__])


@kernel(parallel=True)
def _share(function, arguments, n_chunks):
    """Call the function at an address for every chunk; how many failed."""
    failed = 0
    for chunk in numba.prange(n_chunks):
        failed += call(function, (arguments, int64(chunk)))  # prange counts without a sign
    return failed


@cache
def _share_address() -> int:
    """Where _share is, compiled. It is the one parallel loop and called by its address, since Numba compiles such loops
    slowly, and what a kernel calls by name once more with that kernel."""
    compiled = _share.get_compile_result(int64(int64, int64, int64))
    return compiled.library.get_pointer_to_function(compiled.fndesc.llvm_cfunc_wrapper_name)
