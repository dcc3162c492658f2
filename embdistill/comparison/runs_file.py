"""runs.jsonl: the finished runs of a comparison, from which a stopped one goes on."""

import contextlib
import hashlib
import json
import os
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, NotRequired, TypedDict

import numpy as np
from msgspec import Meta

from embdistill.comparison.plan import Job
from embdistill.data.dataset import Dataset
from embdistill.errors import UserError, located
from embdistill.model.run_file import Epoch
from embdistill.progress import say
from embdistill.storage.json_text import Count, Finite, Text, check, parse

try:
    import fcntl
except ImportError:  # on Windows a second comparison in the same folder is not noticed
    fcntl = None

RUNS = "runs.jsonl"


class Class(TypedDict):
    f1: Finite
    support: Count


class Scores(TypedDict):
    """Of the dev part, in percent."""

    accuracy: Finite
    official_f1: NotRequired[Finite]


class TestScores(Scores):
    macro_f1: Finite
    per_class: dict[Text, Class]


class Bytes(TypedDict):
    table: Count
    total: Count


class Seconds(TypedDict):
    train: Finite
    teachers: NotRequired[Finite]


class Microseconds(TypedDict):
    predict: Finite


class Sentences(TypedDict):
    train: Annotated[int, Meta(gt=0)]
    test: Count


class Typos(TypedDict):
    rate: Finite
    seed: Count


class Settings(TypedDict):
    """What tells a run from others."""

    config: dict[str, Any]
    fold: Count | None
    folds: Count | None
    task_sha256: str
    typos: NotRequired[Typos]
    versions: dict[Text, Text]


class Run(Settings):
    """What the results are made from; a line has more."""

    method: Text
    network: Text
    dim: Count
    seed: Count
    dev: Scores
    test: TestScores
    dev_typos: NotRequired[Scores]
    test_typos: NotRequired[Scores]
    bytes: Bytes
    seconds: Seconds
    microseconds: NotRequired[Microseconds | None]
    epochs: Count
    sentences: Sentences
    weights_sha256: Text
    history: list[Epoch]


class RunsFile:
    """runs.jsonl, one line per finished run, locked against a second comparison while it is open.

    A line belongs to a job if all settings, the fold, the typing errors, the data (`task_sha256`) and the version of
    embdistill are the same.
    """

    def __init__(self, path: Path, digest: str):
        """digest: dataset_digest() of the dataset. UserError if the file cannot be opened or another process has it."""
        self.path = path
        self.data = {"task_sha256": digest}
        try:
            self.file = open(path, "a+b")
        except OSError as error:
            raise UserError(f"{path}: cannot be written ({error.strerror}); choose another folder") from error
        if fcntl is None:
            return
        try:
            fcntl.lockf(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # of this process: forked workers do not inherit it
        except (BlockingIOError, PermissionError):
            self.file.close()
            raise UserError(f"{path}: another comparison is using it; wait for it, or choose another --out") from None
        except OSError:
            pass  # a file system without locks

    def __enter__(self):
        return self

    def __exit__(self, *error):
        with contextlib.suppress(OSError):
            self.file.close()

    def read(self, jobs: Sequence[Job]) -> dict[Job, dict]:
        """The runs of these jobs that are there; other lines stay, unused.

        Removes an incomplete last line. Raises UserError for any other damaged line, which no kill can leave behind.
        """
        wanted = {_key(job.settings() | self.data): job for job in jobs}
        runs, others, older = {}, 0, Counter()
        for number, line in enumerate(self._whole_lines(), 1):
            if not line.strip():
                continue
            try:
                run = parse(line, Settings)
                job = wanted.get(_key(run))
                if job and (made_by := run["versions"].get("embdistill")) != version("embdistill"):
                    older[str(made_by)] += 1
                elif job:
                    _check_complete(run, job)
                    runs.setdefault(job, run)
                else:
                    others += 1
            except (ValueError, RecursionError) as error:
                problem = f"is damaged ({error}); remove this line, and its run is repeated"
                raise UserError(located(self.path, number, problem)) from None
        if runs:
            say(f"{self.path}: {len(runs)} of {len(jobs)} runs are there already")
        if others:
            say(f"{self.path}: {others} runs of other settings or files stay there, unused")
        for made_by, count in older.items():
            say(f"{self.path}: {count} runs of embdistill {made_by} stay there, unused, and are repeated")
        return runs

    def append(self, run: dict) -> dict:
        """Add a run, and return it as it is on disk now; UserError if it cannot be written."""
        run = run | self.data
        try:
            self.file.write(json.dumps(run, ensure_ascii=False).encode(errors="backslashreplace") + b"\n")
            self.file.flush()
            os.fsync(self.file.fileno())
        except OSError as error:
            problem = f"cannot be written ({error.strerror}); free some space, and give the same command again"
            raise UserError(f"{self.path}: {problem}") from error
        return run

    def _whole_lines(self):
        self.file.seek(0)
        content = self.file.read()
        end = content.rfind(b"\n") + 1
        if end < len(content):
            self.file.truncate(end)
            say(f"{self.path}: the last line was incomplete and is removed; its run is repeated")
        return content[:end].split(b"\n")


def dataset_digest(dataset: Dataset) -> str:
    """SHA-256 of all that a run's scores depend on besides its settings: also the test split, and the texts, in which
    unknown words are spelt."""
    digest = hashlib.sha256(dataset.with_dev(0).digest().encode())
    for split in filter(None, (dataset.train, dataset.dev, dataset.test)):
        for text in split.texts or ():
            digest.update(text.encode(errors="surrogatepass") + b"\n")
    # Without a test split there are folds, whose tables have the fixed words.
    test = (dataset.fixed,) if dataset.test is None else (*dataset.test.packed, dataset.test.labels)
    for array in test:
        digest.update(b"" if array is None else np.ascontiguousarray(array))
    return digest.hexdigest()


def _key(run):
    """Equal for runs with the same result."""
    return json.dumps([run.get(name) for name in ("config", "fold", "folds", "task_sha256", "typos")], sort_keys=True)


def _check_complete(run, job):
    """ValueError for a run that lacks what the results are made from, or is of another job than it says."""
    check(run, Run)
    if job.typos and not {"dev_typos", "test_typos"} <= run.keys():
        raise ValueError("has no scores with typing errors")
    for name in ("method", "network", "dim", "seed"):
        if run[name] != getattr(job.config, name):
            raise ValueError(f"{name} is {run[name]!r}, not as in config")
