"""The processes that run the jobs of a comparison side by side."""

import multiprocessing
import os
import signal
import sys
import threading
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from embdistill import stopping
from embdistill.comparison.plan import Job
from embdistill.data.dataset import Dataset
from embdistill.errors import UserError
from embdistill.kernels.machine import threads
from embdistill.model.evaluation import scores_with_typos
from embdistill.progress import silent
from embdistill.training import experiment

_dataset: Dataset | None = None  # of this worker


def hand_over(dataset: Dataset | None) -> None:
    """Give this process the dataset of its jobs: once a process, since it is too large to be sent with every job."""
    global _dataset
    _dataset = dataset


def handed_over() -> Dataset:
    """The dataset of this process."""
    return _dataset


def run_job(job: Job, cache: Path | None = None) -> dict:
    """Run a job on the dataset of this process, without output; its entry in runs.jsonl, except for `task_sha256`.

    cache: a folder where runs share the logits of their teachers. UserError, naming the run, for what the user can fix.
    """
    dataset = _dataset if job.fold is None else _dataset.fold(job.fold, job.folds, job.config.seed)
    if job.config.parsed.table != "direct":
        dataset = replace(dataset, small_vectors=None)  # only a direct table starts from them; others refuse them
    try:
        with silent():
            finished = experiment.run(dataset, job.config, cache=cache)
    except UserError as error:
        raise UserError(f"{job.title}: {error}") from error
    model = finished.model
    return {
        **finished.record,
        **job.settings(),
        **_with_typos(model, dataset, job),
        "sentences": {name: getattr(dataset, name).packed.sentences for name in ("train", "test")},
        "weights_sha256": model.digest(),
        "history": model.about["history"],
        "versions": model.about["versions"],
    }


def _with_typos(model, dataset, job):
    """The scores with typing errors, if the job asks for them."""
    if not job.typos:
        return {}
    splits = {"dev": dataset.with_dev(job.config.seed).dev, "test": dataset.test}
    return {
        f"{name}_typos": scores_with_typos(model, split.texts, split.labels, job.typos)
        for name, split in splits.items()
    }


def process_pool(workers: int, dataset: Dataset, start: str | None = None) -> Executor:
    """Worker processes on this machine, each with the dataset handed over.

    start: fork, spawn or forkserver. Forked workers share the memory of the dataset and the compiled kernels; that is
    the default on Linux unless this process has kernel threads, which do not survive a fork; otherwise spawn.
    """
    fork_is_safe = sys.platform == "linux" and not threads.started()
    context = multiprocessing.get_context(start or ("fork" if fork_is_safe else "spawn"))
    return _WorkerPool(workers, context, _start_worker, (dataset,))


class _WorkerPool(ProcessPoolExecutor):
    """A process pool that kills its workers, rather than wait for their jobs, when its block is left by an error."""

    def __enter__(self):
        self._other_processes = set(multiprocessing.active_children())
        return super().__enter__()

    def __exit__(self, kind, error, traceback):
        if error is None:
            return super().__exit__(kind, error, traceback)
        self.shutdown(wait=False, cancel_futures=True)
        workers = set(multiprocessing.active_children()) - self._other_processes
        for process in workers:
            process.terminate()
        for process in workers:
            process.join()


def _start_worker(dataset):
    for name in stopping.NAMES:  # all processes of a terminal get them, and the parent ends its workers
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL if name == "SIGTERM" else signal.SIG_IGN)
    tqdm.set_lock(threading.RLock())  # not shared: a worker killed while it holds the lock would block all others
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    threads.use_threads(1)
    hand_over(dataset)


def _exit_with_parent():
    """Workers would wait forever for jobs from a parent that was killed."""
    multiprocessing.parent_process().join()
    os._exit(1)
