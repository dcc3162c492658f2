"""How a worker of a dask cluster runs a job: as a process of this machine would."""

import ctypes
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from embdistill import stopping
from embdistill.comparison.plan import Job
from embdistill.comparison.workers import hand_over
from embdistill.data.dataset import Dataset

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of malloc.h of glibc
KEPT = 1 << 26  # bytes of freed memory: the most that malloc keeps by default

_alone = threading.Lock()  # held by the job that runs in this process, whichever of its threads runs it


def run_on_worker(dataset: Dataset, function: Callable[[Job, Path | None], dict], job: Job, cache: Path | None):
    """function(job, cache), computed in a thread of a worker of dask; None as soon as nobody waits for it any more.

    Jobs of one process run one after the other, and BLAS has one thread, so that results do not depend on threads.
    """
    from distributed import get_worker
    from threadpoolctl import threadpool_limits

    _keep_freed_memory()
    worker = get_worker()
    task = worker.state.tasks[worker.get_current_task()]
    with _alone, threadpool_limits(1, "blas"), stopping.once(lambda: task.state != "executing"):
        hand_over(dataset)
        try:
            return function(job, cache and _shared_or_own(cache, worker.local_directory))
        except stopping.Stopped:  # on which dask would end the worker
            return None
        finally:
            hand_over(None)


def _keep_freed_memory():
    """As malloc does by default. Dask has it give back what is freed, which made training take twice as long."""
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
        if mallopt:
            mallopt(M_TRIM_THRESHOLD, KEPT)
            mallopt(M_MMAP_THRESHOLD, KEPT // 2)


def _shared_or_own(cache, local_directory):
    """The folder of the comparison if this worker can write there, else one that is removed with the worker."""
    if os.access(cache, os.W_OK):
        return cache
    own = Path(local_directory, "embdistill-teachers")
    own.mkdir(exist_ok=True)
    return own
