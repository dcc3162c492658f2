"""Which worker of a dask cluster gets which job of a comparison, and what is done when it dies."""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path

from embdistill.comparison.cluster import check_versions, connect
from embdistill.comparison.cluster_worker import run_on_worker
from embdistill.comparison.plan import Job
from embdistill.data.dataset import Dataset
from embdistill.errors import UserError
from embdistill.progress import say

LOOK = 1  # seconds between two looks at which workers there are
FETCH = 30  # seconds within which the record of a run must come
NO_WORKERS = 60  # seconds that a comparison waits for a worker
MOST_LOSSES = 3  # of workers that ran the same job
GOES_ON = "the finished runs are kept, and the same command goes on from there"


def cluster_pool(address: str) -> Callable[[int, Dataset], Executor]:
    """Connect to a scheduler. What is returned makes an executor of its workers, however many there are at a time.

    UserError if no scheduler is there, and if it or a worker has other versions than this process.
    """
    client = connect(address)
    check_versions(client, address)
    return lambda _, dataset: _ClusterPool(client, address, dataset)


@dataclass
class _Task:
    """A call function(job, cache), its result to come, and how many workers were lost while they ran it."""

    function: Callable
    job: Job
    cache: Path | None
    future: Future = field(default_factory=Future)
    losses: int = 0


class _ClusterPool(Executor):
    """Gives each worker one job at a time, in the order of submission, but lost ones first.

    Dask's own executor queues jobs at the workers, and when one dies, cannot tell which of its jobs killed it.
    """

    def __init__(self, client, address: str, dataset: Dataset):
        self._client, self._address, self._dataset = client, address, dataset
        self._scattered = None  # the dataset on the cluster, a future of dask
        self._waiting: deque[_Task] = deque()
        self._running = {}  # by worker: a task and its future of dask
        self._workers: set[str] = set()
        self._without_workers_since: float | None = None
        self._changed, self._ended = threading.Event(), False
        self._thread = threading.Thread(target=self._dispatch, daemon=True)
        self._thread.start()

    def submit(self, function, job: Job, cache: Path | None = None) -> Future:
        """Have a worker compute function(job, cache)."""
        task = _Task(function, job, cache and cache.absolute())
        self._waiting.append(task)
        self._changed.set()
        return task.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:
        """Leave the cluster, which cancels the jobs that are left there."""
        self._ended = True
        self._changed.set()
        self._thread.join()
        with contextlib.suppress(OSError):  # the scheduler is gone
            self._client.close()

    def _dispatch(self):
        while not self._ended:
            try:
                self._look_for_workers()
                self._take_finished()
                self._give_jobs()
            except BaseException as error:  # goes to those who wait for a job, since nobody joins this thread
                self._fail(error)
            self._changed.wait(LOOK)
            self._changed.clear()

    def _fail(self, error):
        for task in [*self._waiting, *(task for task, _ in self._running.values())]:
            task.future.set_exception(error)
        self._waiting.clear()
        self._running.clear()

    def _look_for_workers(self):
        try:
            threads = self._client.nthreads()
            new = threads.keys() - self._workers
            if new:
                check_versions(self._client, self._address)
        except (OSError, RuntimeError) as error:
            raise UserError(f"the scheduler {self._address} is gone; {GOES_ON}") from error
        self._workers = set(threads)
        if any(threads[worker] > 1 for worker in new):
            say("workers run one job at a time, whatever their threads: start more of them, with --nthreads 1")
        if threads:
            self._without_workers_since = None
        elif self._without_workers_since is None:
            self._without_workers_since = time.monotonic()
            say(f"no workers at {self._address}: waiting for `dask worker {self._address}`, at most {NO_WORKERS} s")
        elif time.monotonic() - self._without_workers_since > NO_WORKERS:
            raise UserError(f"no workers at {self._address} for {NO_WORKERS} s; start some, and {GOES_ON}")

    def _take_finished(self):
        for worker, (task, run) in list(self._running.items()):
            gone = worker not in self._workers
            if gone or run.status != "pending":
                if not _settled(task, run, gone):
                    self._run_again(task, worker)
                del self._running[worker]

    def _run_again(self, task, worker):
        """Put a job that was lost, with its worker or the dataset there, before all others."""
        task.losses += 1
        if task.losses < MOST_LOSSES:
            say(f"{task.job.title}: lost on the worker {worker}; it is run again")
            self._waiting.appendleft(task)
        else:
            lost = f"lost on {MOST_LOSSES} workers, which perhaps ran out of memory"
            task.future.set_exception(UserError(f"{task.job.title}: {lost}; {GOES_ON}"))

    def _give_jobs(self):
        for worker in self._workers - self._running.keys():
            if self._waiting:
                with contextlib.suppress(OSError):  # the worker is gone, or the scheduler: the next look shows
                    self._give(worker)

    def _give(self, worker):
        if self._scattered is None or self._scattered.status != "finished":  # all workers that had it are gone
            self._scattered = self._client.scatter(self._dataset, workers=[worker], hash=False)
        task = self._waiting[0]
        arguments = self._scattered, task.function, task.job, task.cache
        run = self._client.submit(run_on_worker, *arguments, workers=[worker], pure=False)
        self._running[worker] = self._waiting.popleft(), run
        run.add_done_callback(lambda _: self._changed.set())


def _settled(task, run, gone):
    """Pass on how a job ended; whether it did, with a result or an error of its own."""
    from distributed import KilledWorker

    if run.status == "error" and not isinstance(run.exception(), KilledWorker):  # which came back at the same address
        task.future.set_exception(run.exception())
    elif run.status == "finished" and not gone:
        with contextlib.suppress(TimeoutError):  # the worker is gone since
            task.future.set_result(run.result(FETCH))
    return task.future.done()
