"""The state of a run on disk, beside its output, while it goes on."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from embdistill.errors import FormatError, UserError
from embdistill.progress import say
from embdistill.storage.arrays import fits, load_arrays, save_arrays
from embdistill.storage.files import is_stream
from embdistill.storage.hdf5 import UNSOUND, schema_of
from embdistill.storage.json_text import Count, Finite
from embdistill.storage.userblock import is_ours
from embdistill.training.loop import Epoch

SECONDS = 10  # between two checkpoints; a run shorter than this never writes one


class Counters(TypedDict):
    """learner.progress()."""

    steps: Count
    done: Count
    loss: Finite
    order: dict[str, Any]
    drop: dict[str, Any]
    words: dict[str, Any]


class About(TypedDict):
    """The JSON in the file."""

    identity: dict[str, Any]
    stage: str
    histories: dict[str, list[tuple[Count, Finite, Finite, Finite, Finite, Finite]]]
    counters: Counters


def check_place(out, resume: bool) -> None:
    """UserError, before any work, if the checkpoint of a run would overwrite a file, which is named beside `out`.

    That is a checkpoint that the run does not continue, or a file that is none.
    """
    path = _path(out)
    if path is None or not path.exists():
        return
    try:
        kind = f"a {schema_of(path)} file"
    except FormatError:
        kind = "damaged" if is_ours(path) else "not of embdistill"
    if kind != "a checkpoint file":
        problem = f"is {kind}, and where this run would keep its checkpoint; move it, or choose another --out"
        raise UserError(f"{path}: {problem}")
    if not resume:
        raise UserError(
            f"{path}: of a run that was stopped; give --resume to go on with it, remove it, or choose another --out"
        )


def _path(out):
    """Where the checkpoint is: beside the output; nowhere for one into a FIFO or a device."""
    return None if is_stream(out) else Path(f"{out}.checkpoint")


class Checkpoint:
    """What a run has done: the learner of the stage under way, the histories of all, what those that are over left.

    A run is a row of stages, each a learner that is trained: teacher0, teacher1, ..., student, finetune.
    """

    def __init__(self, out, identity: dict):
        """out: where the run will be saved; None: keep no checkpoint. identity: what a resumed run must have too."""
        self.path = _path(out) if out else None
        self.identity = identity
        self.stage = None
        self.histories: dict[str, list[Epoch]] = {}
        self.outcomes = {}  # of stages that are over: logits (B, C) of a teacher on the training part, other arrays
        self.saved = time.perf_counter()
        self.restored = None  # stage, arrays and counters of a learner that was stopped

    def save_in_time(self, learner) -> None:
        """Write a checkpoint, if the last one is old enough."""
        if self.path is not None and time.perf_counter() - self.saved >= SECONDS:
            self._save(learner)

    def save_at_end(self, learner) -> None:
        """Write a last checkpoint of a run that is stopped, amid an epoch too, unless it is too short for any."""
        if self.path is not None and (self.path.exists() or time.perf_counter() - self.saved >= SECONDS):
            self._save(learner)

    def _save(self, learner):
        arrays = {"learner": learner.weights.arrays(), "outcomes": self.outcomes}
        histories = {stage: [list(epoch) for epoch in history] for stage, history in self.histories.items()}
        about = {"identity": self.identity, "stage": self.stage, "histories": histories, "counters": learner.progress()}
        try:
            save_arrays(self.path, "checkpoint", arrays, about)
        except UserError as error:
            say(f"no checkpoint: {error}")  # the run itself is sound, and goes on
        self.saved = time.perf_counter()

    def read(self, stages: Sequence[str]) -> None:
        """Go back to what the file holds; UserError if it is of another run, FormatError if it is not sound.

        stages: those of the run, in their order.
        """
        if self.path is None or not self.path.exists():
            say(f"{self.path or 'a device'}: no checkpoint there; the run starts from its beginning")
            return
        arrays, about = load_arrays(self.path, "checkpoint", About)
        if about["identity"] != self.identity:
            raise UserError(f"{self.path}: made with other files or settings; give the same, or omit --resume")
        self.histories = {stage: [Epoch(*epoch) for epoch in history] for stage, history in about["histories"].items()}
        for history in self.histories.values():
            if [epoch.number for epoch in history] != [*range(1, len(history) + 1)]:
                raise self._unfit()
        begun = stages[: stages.index(about["stage"]) + 1] if about["stage"] in stages else []
        if about["stage"] not in self.histories or not self.histories.keys() <= set(begun):
            raise self._unfit()
        if arrays.keys() != {"learner", "outcomes"}:
            raise self._unfit()
        self.outcomes = arrays["outcomes"]
        self.restored = about["stage"], arrays["learner"], about["counters"]
        say(f"{self.path}: going on after epoch {len(self.histories[about['stage']])} of {about['stage']}")

    def done(self, stage: str) -> bool:
        """Whether a stage was over when the checkpoint was written."""
        return self.restored is not None and stage in self.histories and stage != self.restored[0]

    def begin(self, stage: str, learner) -> list[Epoch]:
        """Begin a stage, or go on with it: the learner gets its state back. Returns the history, to be added to."""
        self.stage = stage
        if self.restored and self.restored[0] == stage:
            _, arrays, counters = self.restored
            own = learner.weights.arrays()
            if arrays.keys() != own.keys() or not all(fits(arrays[k], own[k].shape, own[k].dtype) for k in own):
                raise self._unfit()
            try:
                learner.restore(arrays, counters)
            except UNSOUND as error:  # of NumPy, for the state of a generator
                raise self._unfit() from error
        return self.histories.setdefault(stage, [])

    def outcome(self, name: str, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """What a stage that is over left under this name; FormatError if it is not there, or does not fit."""
        array = self.outcomes.get(name)
        if not fits(array, shape, dtype):
            raise self._unfit()
        return array

    def keep_outcomes(self, stage: str, arrays: dict[str, np.ndarray]) -> None:
        """Keep arrays of a stage that is over, by their names."""
        self.outcomes |= {f"{stage}.{name}": array for name, array in arrays.items()}

    def restore_outcomes(self, stage: str, arrays: dict[str, np.ndarray]) -> None:
        """Fill arrays with what keep_outcomes kept; FormatError if that is not there, or does not fit."""
        for name, array in arrays.items():
            array[:] = self.outcome(f"{stage}.{name}", array.shape, array.dtype)

    def remove(self) -> None:
        """The run is saved."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _unfit(self):
        return FormatError(f"{self.path}: does not fit the run; remove it and omit --resume")
