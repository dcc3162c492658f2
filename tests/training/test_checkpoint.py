"""Checkpoints whose checksum is right, but that do not fit the run: refused before anything is trained from them."""

import numpy as np
import pytest

from conftest import put
from embdistill.errors import FormatError, UserError
from embdistill.storage.arrays import save_arrays
from embdistill.training import checkpoint
from embdistill.training.experiment import run
from training_helpers import config, load_checkpoint

SETTINGS = config("encode+soft")


@pytest.fixture
def left(dataset, tmp_path, monkeypatch):
    """What a run left whose student was under way, and the path."""
    monkeypatch.setattr(checkpoint, "SECONDS", 0)
    with monkeypatch.context() as patched:
        patched.setattr(checkpoint.Checkpoint, "remove", lambda self: None)
        run(dataset, SETTINGS, tmp_path / "run.h5")
    path = tmp_path / "run.h5.checkpoint"
    return path, *load_checkpoint(path)


def _set(*keys, value):
    """Put a value into the arrays or the JSON."""

    def change(both):
        *places, last = keys
        for key in places:
            both = both[key]
        both[last] = value

    return change


def _delete(*keys):
    def change(both):
        *places, last = keys
        for key in places:
            both = both[key]
        del both[last]

    return change


def _not_finite(both):
    both["arrays"]["learner"]["values0"][0] = np.nan


ARRAYS = ("arrays", "learner")
MISFITS = {
    "a stage that the run does not have": _set("about", "stage", value="finetune"),
    "a stage without history": _delete("about", "histories", "student"),
    "a history of a stage to come": _set("about", "stage", value="teacher0"),
    "an epoch left out": _set("about", "histories", "student", value=[[2, 0.5, 0.5, 50.0, 0.1]]),
    "an epoch without loss": _set("about", "histories", "student", value=[[1, 0.5]]),
    "negative steps": _set("about", "counters", "steps", value=-1),
    "another generator": _set("about", "counters", "order", "bit_generator", value="MT19937"),
    "a generator without state": _delete("about", "counters", "order", "state"),
    "a state that is too large": _set("about", "counters", "drop", "state", "state", value=2**200),
    "no counters": _delete("about", "counters"),
    "an array left out": _delete(*ARRAYS, "mean0"),
    "an array of another shape": _set(*ARRAYS, "mean0", value=np.zeros(3, np.float32)),
    "an array of another type": _set(*ARRAYS, "mean0", value=np.zeros(3, np.int64)),
    "a weight that is not finite": _not_finite,
    "no logits of the teacher": _delete("arrays", "outcomes", "teacher0"),
    "few logits": _set("arrays", "outcomes", "teacher0", value=np.zeros((2, 2), np.float32)),
    "no arrays": _delete("arrays", "learner"),
}


def test_a_sound_one_is_resumed(dataset, left):
    run(dataset, SETTINGS, left[0].with_suffix(""), resume=True)
    assert not left[0].exists()


@pytest.mark.parametrize("misfit", MISFITS)
def test_what_does_not_fit_the_run_is_refused(dataset, left, misfit):
    path, arrays, about = left
    MISFITS[misfit]({"arrays": arrays, "about": about})
    save_arrays(path, "checkpoint", arrays, about)
    with pytest.raises(FormatError) as caught:
        run(dataset, SETTINGS, path.with_suffix(""), resume=True)
    assert str(caught.value).startswith(f"{path}: ") and len(str(caught.value).splitlines()) == 1
    assert path.exists()


def test_a_file_of_another_kind_is_refused(dataset, left, run_bytes):
    path, *_ = left
    put(path.parent, run_bytes, path.name)
    with pytest.raises(UserError, match="a run file, not a checkpoint file"):
        run(dataset, SETTINGS, path.with_suffix(""), resume=True)
