"""What the teachers of a comparison gave, kept in a folder: each is trained once for all the runs that it teaches."""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TypedDict

import numpy as np

from embdistill.data.dataset import Dataset
from embdistill.errors import UserError
from embdistill.model.config import Config
from embdistill.storage.arrays import fits, load_arrays, save_arrays
from embdistill.storage.json_text import Finite

try:
    import fcntl
except ImportError:  # not on Windows: there, runs side by side may train the same teacher twice
    fcntl = None


class About(TypedDict):
    """The JSON in a file."""

    seconds: Finite


class TeacherCache:
    """Logits (B, C) of teachers on the training part of a task, by their settings."""

    def __init__(self, folder, dataset: Dataset):
        """folder: where they are kept; None keeps nothing."""
        self.folder = folder and Path(folder)
        # What is for students alone is left out.
        self.dataset = replace(dataset, small_vectors=None, frequent_words=[], frequent_vectors=None)

    @contextlib.contextmanager
    def alone(self, teacher: Config) -> Iterator[None]:
        """Within the block no other process has this teacher: who wants it waits here, and then finds it."""
        if self.folder is None or fcntl is None:
            yield
            return
        with open(self._path(teacher).with_suffix(".lock"), "w") as stream:
            with contextlib.suppress(OSError):  # a file system without locks
                fcntl.flock(stream, fcntl.LOCK_EX)
            yield

    def get(self, teacher: Config) -> tuple[np.ndarray, float] | None:
        """The logits and the seconds that training the teacher took; None if they are not there, or not sound."""
        try:
            arrays, about = load_arrays(self._path(teacher), "teacher", About) if self.folder else ({}, {})
            logits = arrays["teacher"]["logits"]
        except (UserError, KeyError):
            return None
        return (logits, about["seconds"]) if fits(logits, *logits_kind(self.dataset)) else None

    def put(self, teacher: Config, logits: np.ndarray, seconds: float) -> None:
        """Keep what a teacher gave."""
        if self.folder:
            save_arrays(self._path(teacher), "teacher", {"teacher": {"logits": logits}}, {"seconds": seconds})

    def _path(self, teacher):
        identity = json.dumps([teacher.as_dict(), self.dataset.digest(), version("embdistill")])
        return self.folder / f"{hashlib.sha256(identity.encode()).hexdigest()}.h5"


def logits_kind(dataset: Dataset) -> tuple[tuple[int, int], np.dtype]:
    """Shape (B, C) and type of the logits of a teacher on the training part."""
    return (dataset.train.packed.sentences, len(dataset.labels)), dataset.vectors.dtype
