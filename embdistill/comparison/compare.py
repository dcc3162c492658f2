"""A comparison: methods x dims x seeds (x folds), run in parallel processes, resumable, with its files."""

import contextlib
import csv
import hashlib
import json
import multiprocessing
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from embdistill.comparison import figures
from embdistill.comparison import report as html
from embdistill.comparison import statistics as summary
from embdistill.data.dataset import Dataset
from embdistill.errors import UserError, located
from embdistill.kernels.machine import threads
from embdistill.model.config import Config
from embdistill.model.methods import parse
from embdistill.progress import say
from embdistill.storage.files import check_writable, whole_file
from embdistill.training import experiment
from embdistill.training.warm_up import warm_up

RUNS = "runs.jsonl"
TEACHERS = "teachers"
KEPT_APART = ("history", "versions")  # in runs.jsonl alone
TOO_LONG = ("per_class", "confusion")  # for a line of a CSV file

try:
    import fcntl
except ImportError:  # not on Windows: there, two comparisons in one folder are not noticed
    fcntl = None


@dataclass(frozen=True)
class Job:
    """One run of a comparison; fold (0..folds-1) and folds are None without cross-validation.

    cache: a folder where runs leave what their teachers gave, for others.
    """

    config: Config
    fold: int | None = None
    folds: int | None = None
    cache: Path | None = None

    @property
    def title(self) -> str:
        fold = "" if self.fold is None else f" fold {self.fold + 1}/{self.folds}"
        return f"{self.config.method} d={self.config.dim} seed {self.config.seed}{fold}"


def compare(
    dataset: Dataset,
    config: Config,
    methods: Sequence[str],
    dims: Sequence[int],
    seeds: Sequence[int],
    folds: int | None = None,
    folder: str | Path = "comparison",
    workers: int | None = None,
    executor: Callable[[int, Dataset], Executor] | None = None,
    command: str = "",
) -> list[dict]:
    """Run every method at every dim with every seed (on every fold), and leave all results in `folder`.

    config: the settings that all runs share. A method that keeps the large vectors runs once a seed, at their
    dimension. folds: None for the task's own test part, else so many folds of the training part, dealt anew for each
    seed. workers: processes, as many as cores unless given. executor: makes what runs the jobs; see process_pool.
    command: the command line, for the report.

    Returns the records, in the order of method, dim, seed and fold. Runs that `folder` has already are not made again.
    Raises UserError for what the user can mend, in a run too; the runs that were finished by then stay in `folder`.
    """
    if folds is None and dataset.test is None:
        raise UserError("--test is missing; a comparison needs a test part: give --test FILE or --folds K")
    if folds is not None:
        dataset.fold(0, folds, seeds[0])  # what does not go is refused before any run
    jobs = plan(config, methods, dims, seeds, folds, dataset.vectors.shape[1])
    workers = _checked_workers(workers)
    folder = make_folder(folder)
    digest = dataset_digest(dataset)
    wanted = {_identity(_settings(job, digest)): job for job in _with_cache(jobs, folder)}
    runs = RunsFile(folder / RUNS)
    try:
        lines = runs.read(wanted)
        missing = {identity: job for identity, job in wanted.items() if identity not in lines}
        if missing:
            _run_all(missing, lines, runs, dataset, digest, min(workers, len(missing)), executor or process_pool)
    finally:
        runs.close()
    return _write(folder, [lines[identity] for identity in wanted], dataset, command)


def plan(
    config: Config, names: Sequence[str], dims: Sequence[int], seeds: Sequence[int], folds, large: int
) -> list[Job]:
    """The runs in the order of their results. large: the dimension of the large vectors.

    Raises UserError for an empty list, something named twice, a value out of range, and fewer than two folds.
    """
    for option, values in (("methods", names), ("dims", dims), ("seeds", seeds)):
        if not values:
            raise UserError(f"--{option} is empty; give one or more, with commas between them")
    if folds is not None and folds < 2:
        raise UserError(f"--folds {folds}: must be at least 2")
    jobs = []
    for name in names:
        tunes_large = parse(name).tunes_large_vectors
        for dim in [large] if tunes_large else dims:
            for seed in seeds:
                own = replace(config, method=name, dim=dim, seed=seed)
                jobs += [Job(own, fold, folds) for fold in ([None] if folds is None else range(folds))]
    for job, times in Counter(jobs).items():
        if times > 1:
            raise UserError(f"{job.title} is asked for {times} times; name every method, dim and seed once")
    return jobs


def make_folder(folder: str | Path) -> Path:
    """The folder of the results, made if missing; UserError if it is a file or cannot be written."""
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UserError(f"{folder}: is a file, or below one; name a folder") from None
    except OSError as error:
        raise UserError(f"{folder}: cannot be made ({error.strerror}); choose another folder") from error
    check_writable(folder / RUNS)
    return folder


def _with_cache(jobs, folder):
    """The jobs; if any has teachers, all know the folder where the logits of teachers are kept."""
    if all(parse(job.config.method).objective == "labels" for job in jobs):
        return jobs
    cache = folder / TEACHERS
    make_folder(cache)
    return [replace(job, cache=cache) for job in jobs]


def dataset_digest(dataset: Dataset) -> str:
    """SHA-256 of all that a run's scores depend on besides its settings: of Task.digest(), and of the test part."""
    digest = hashlib.sha256(dataset.with_dev(0).digest().encode())
    if dataset.test is not None:
        for array in (*dataset.test.packed, dataset.test.labels):
            digest.update(b"" if array is None else np.ascontiguousarray(array))
    return digest.hexdigest()


def _settings(job, digest):
    return {"config": job.config.as_dict(), "fold": job.fold, "folds": job.folds, "task_sha256": digest}


def _identity(line):
    """What tells a run from others: equal for lines whose runs would come out the same."""
    return json.dumps([line[name] for name in ("config", "fold", "folds", "task_sha256")], sort_keys=True)


def _checked_workers(workers):
    if workers is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if workers < 1:
        raise UserError(f"--workers {workers}: must be at least 1")
    return workers


# ---- in the workers


_task: Dataset | None = None


def hand_over(dataset: Dataset) -> None:
    """Give this process the task of the runs to come. Once a process: a task is too large to go with every run."""
    global _task
    _task = dataset


def run_job(job: Job) -> dict:
    """One run on the task that was handed over, in silence: its line of runs.jsonl, but for the digest of the task."""
    dataset = _task if job.fold is None else _task.fold(job.fold, job.folds, job.config.seed)
    if parse(job.config.method).table != "direct":
        dataset = replace(dataset, small_vectors=None)  # where direct starts; the others refuse them
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
        finished = experiment.run(dataset, job.config, cache=job.cache)
    model = finished.model
    return {
        **finished.record,
        "fold": job.fold,
        "folds": job.folds,
        "sentences": {name: getattr(dataset, name).packed.sentences for name in ("train", "test")},
        "weights_sha256": model.digest(),
        "config": job.config.as_dict(),
        "history": model.about["history"],
        "versions": model.about["versions"],
    }


def process_pool(workers: int, dataset: Dataset, start: str | None = None) -> Executor:
    """Processes on this machine. Another executor does as well, if hand_over(task) was called in each of its processes.

    start: fork, spawn or forkserver. Forked, the workers share the memory of the task and the compiled kernels; that is
    the default on Linux as long as this process has no threads of kernels, which a fork would not survive; else spawn.
    """
    safe = sys.platform == "linux" and not threads.started()
    context = multiprocessing.get_context(start or ("fork" if safe else "spawn"))
    return ProcessPoolExecutor(workers, context, _begin, (dataset,))


def _begin(dataset):
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends the workers
    tqdm.set_lock(threading.RLock())  # not shared: a worker that is killed with it would stop everyone else
    threading.Thread(target=_end_with_parent, daemon=True).start()
    threads.use_threads(1)
    hand_over(dataset)


def _end_with_parent():
    """Else the workers of a parent that was killed would wait for it for ever."""
    multiprocessing.parent_process().join()
    os._exit(1)


# ---- in the parent


def _run_all(missing, lines, runs, dataset, digest, workers, executor):
    """Make the missing runs, and add the line of each to `lines` and to the file as it ends."""
    tables = {replace(job.config, dim=1, seed=0): job.config for job in missing.values()}
    for config in tables.values():
        warm_up(dataset, config)  # compiled here once, not in every worker
    for config in {replace(job.config, seed=0) for job in missing.values()}:
        experiment.warn_of_dim(dataset, config)  # workers are silent
    ours = set(multiprocessing.active_children())
    progress = None
    pool = executor(workers, dataset)
    try:
        # By seed, so that a comparison that was stopped has whole pairs; the large ones first, as they take longest.
        order = sorted(missing.items(), key=lambda item: (item[1].config.seed, item[1].fold or 0, -item[1].config.dim))
        waiting = {pool.submit(run_job, job): (identity, job) for identity, job in order}
        progress = _Progress(len(lines), len(lines) + len(missing))  # after the workers were forked: it starts a thread
        while waiting:
            failure = None
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                identity, job = waiting.pop(future)
                if future.exception():
                    failure = (job, future.exception())
                    continue
                lines[identity] = future.result() | {"task_sha256": digest}
                runs.append(lines[identity])
                progress.finished(job, lines[identity])
            if failure:
                _refuse(*failure, runs.path)
        pool.shutdown()
    except BaseException as error:
        pool.shutdown(wait=False, cancel_futures=True)
        _end(set(multiprocessing.active_children()) - ours)
        if isinstance(error, BrokenProcessPool):
            _refuse(None, error, runs.path)
        if isinstance(error, KeyboardInterrupt):
            say(f"{len(lines)} runs are in {runs.path}; the same command goes on from there")
        raise
    finally:
        if progress:
            progress.close()


def _refuse(job, error, path):
    if isinstance(error, BrokenProcessPool):
        raise UserError(
            f"a worker process died, perhaps for want of memory; the finished runs are in {path}: give the same "
            "command again, with fewer --workers"
        ) from error
    if isinstance(error, UserError):
        raise UserError(f"{job.title}: {error}") from error
    raise error


def _end(processes):
    for process in processes:
        process.terminate()
    for process in processes:
        process.join()


class _Progress:
    """A bar over the runs with the last that was finished; without a terminal, a line a run."""

    def __init__(self, done: int, total: int):
        self.bar = tqdm(
            total=total,
            initial=done,
            desc="runs",
            file=sys.stderr,
            disable=not sys.stderr.isatty(),
            bar_format="{desc} {n_fmt}/{total_fmt} |{bar}| {elapsed}, about {remaining} left{postfix}",
        )
        self.done, self.total = done, total

    def finished(self, job: Job, line: dict) -> None:
        self.done += 1
        if self.bar.disable:
            seconds = line["seconds"]["train"]
            say(f"{self.done}/{self.total} {job.title}: test {summary.headline(line):.1f} %, {seconds:.1f} s")
        else:
            self.bar.set_postfix_str(f"{job.title}: {summary.headline(line):.1f} %", refresh=False)
            self.bar.update()

    def close(self) -> None:
        self.bar.close()


class RunsFile:
    """runs.jsonl: a line a finished run, added to and synced as each ends; locked against a second comparison."""

    def __init__(self, path: Path):
        """Raises UserError if the file cannot be opened, or another process has it."""
        self.path = path
        try:
            self.file = open(path, "a+b")
        except OSError as error:
            raise UserError(f"{path}: cannot be written ({error.strerror}); choose another folder") from error
        if fcntl is None:
            return
        try:
            fcntl.lockf(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # goes with this process, not with forked workers
        except (BlockingIOError, PermissionError):
            self.file.close()
            raise UserError(
                f"{path}: another comparison is going on there; wait for it, or choose another --out"
            ) from None
        except OSError:
            pass  # a file system without locks

    def read(self, wanted) -> dict[str, dict]:
        """The lines of the identities in `wanted`; others stay where they are.

        A last line that was cut off is removed. Raises UserError for one that is damaged, which no kill can leave.
        """
        self.file.seek(0)
        data = self.file.read()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            self.file.truncate(len(whole))
            say(f"{self.path}: the last line was cut off and is removed; its run is made again")
        found, others = {}, 0
        for number, text in enumerate(whole.split(b"\n"), 1):
            if not text.strip():
                continue
            try:
                line = json.loads(text)
                identity = _identity(line)
                if identity in wanted:
                    _check(line)
                    found.setdefault(identity, line)
                else:
                    others += 1
            except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError):
                problem = "is damaged; remove this line, and its run is made again"
                raise UserError(located(self.path, number, problem)) from None
        if found:
            say(f"{self.path}: {len(found)} of {len(wanted)} runs are there already")
        if others:
            say(f"{self.path}: {others} runs of other settings or files stay there, and are not used")
        return found

    def append(self, line: dict) -> None:
        """Add a line, on disk when this returns; UserError if that fails."""
        try:
            self.file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            self.file.flush()
            os.fsync(self.file.fileno())
        except OSError as error:
            raise UserError(f"{self.path}: cannot be written ({error.strerror}); make room, and go on") from error

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.file.close()


def _check(line):
    """KeyError or TypeError for a line that lacks what the reports read."""
    summary.cells(summary.summarise([line])[0])
    for epoch in line["history"]:
        float(epoch["number"]), float(epoch["dev_accuracy"])
    for scores in line["test"]["per_class"].values():
        float(scores["f1"]), int(scores["support"])
    dict.items(line["versions"]), str.split(line["weights_sha256"]), float(line["test"]["macro_f1"])


def _write(folder, lines, dataset, command):
    """All files besides runs.jsonl; returns the records."""
    records = [{name: value for name, value in line.items() if name not in KEPT_APART} for line in lines]
    rows = summary.summarise(records)
    remarks = summary.remarks(rows, summary.overlap(records))
    _write_json(folder / "results.json", records)
    _write_csv(folder / "results.csv", records)
    _write_json(folder / "summary.json", rows)
    _write_csv(folder / "summary.csv", rows)
    text = summary.markdown(rows) + "\n" + "".join(f"- {remark}\n" for remark in remarks)
    _write_bytes(folder / "summary.md", text.encode())
    pictures = {}
    try:
        pictures = figures.draw(rows, lines)
    except ImportError:
        say("figures are left out: they need Matplotlib; pip install 'embdistill[plot]'")
    for name, content in pictures.items():
        _write_bytes(folder / name, content)
    page = html.page(rows, remarks, lines, pictures, dataset, command)
    _write_bytes(folder / "report.html", page.encode())
    return records


def _write_json(path, value):
    _write_bytes(path, (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode())


def _write_csv(path, records):
    """A line a record under a header; nested names are joined by dots, what a record does not have stays empty."""
    flat = [summary.flat(record, without=TOO_LONG) for record in records]
    names = list(dict.fromkeys(name for values in flat for name in values))
    names = [name for name in names if not any(other.startswith(f"{name}.") for other in names)]
    with whole_file(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(flat)


def _write_bytes(path, content):
    with whole_file(path) as temporary:
        Path(temporary).write_bytes(content)
