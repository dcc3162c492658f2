"""One run, from files to a saved model with its scores."""

import platform
import statistics
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from embdistill import metrics, store
from embdistill.config import Config
from embdistill.corpora import read_corpus, recognise
from embdistill.errors import FormatError, UserError
from embdistill.files import check_writable
from embdistill.kernels.softmax import softmax
from embdistill.model import Model
from embdistill.progress import TrainingProgress, say
from embdistill.task import Part, Task, label_numbers
from embdistill.text import UNKNOWN, Packed
from embdistill.training import Epoch, Learner, fit

CHECKPOINT_SECONDS = 10  # a run shorter than this never writes a checkpoint


@dataclass
class Run:
    """A finished run: the folded model, and its record as `train --json` prints it."""

    model: Model
    record: dict


def run(task: Task, config: Config, out=None, resume: bool = False) -> Run:
    """Train, fold, evaluate, and save to `out` (None: do not save).

    resume: go on from the checkpoint that a stopped run with the same files and settings left beside `out`.
    Raises UserError if `out` cannot be written, or the checkpoint is of another run.
    """
    if out is not None:
        check_writable(out)
    task = task.with_dev(config.seed)
    warm_up(config)
    learner = Learner(task.vectors, len(task.labels), config)
    history: list[Epoch] = []
    checkpoint = _Checkpoint(out, task, config)
    if resume:
        checkpoint.restore(learner, history)
    start = time.perf_counter() - sum(epoch.seconds for epoch in history)
    title = f"{config.method} {config.network} d={learner.table.dim} seed {config.seed}"
    progress = TrainingProgress(title, config.epochs, task.train.packed.sentences, len(history))

    def epoch_done(epoch):
        progress.epoch(epoch)
        checkpoint.save_in_time(learner, history)

    try:
        fit(learner, task.train, task.dev, config, history, progress.step, epoch_done)
    finally:
        progress.close()
    seconds = time.perf_counter() - start

    model = _folded(learner, task)
    record = _record(model, task, config, history, seconds, out)
    model.about = {
        "record": record,
        "config": config.as_dict(),
        "history": [epoch._asdict() for epoch in history],
        "format": task.format,
        "notes": task.notes,
        "inputs": task.inputs,
        "versions": _versions(),
    }
    if out is not None:
        store.save_run(out, model)
        checkpoint.remove()
    return Run(model, record)


def _folded(learner, task):
    """What is shipped: the small table, computed once, and the network; the large vectors and the encoder are left."""
    return Model(
        labels=task.labels,
        tokenizer=task.tokenizer,
        vocabulary=task.vocabulary,
        table=np.ascontiguousarray(learner.fold(), np.float32),
        network=learner.network,
        values={name: learner.parameters.values[name] for name in learner.network.shapes()},
        about={},
    )


def _record(model, task, config, history, seconds, out):
    """The object that `train --json` prints."""
    return {
        "method": config.method,
        "network": config.network,
        "dim": model.network.dim,
        "seed": config.seed,
        "classes": len(task.labels),
        "vocabulary": len(task.vocabulary),
        "dev": scores(model, task.dev),
        "test": task.test and scores(model, task.test),
        "bytes": model.bytes,
        "seconds": {"train": seconds, "epoch": statistics.median(epoch.seconds for epoch in history)},
        "epochs": len(history),
        "out": None if out is None else str(out),
    }


def scores(model: Model, part: Part) -> dict:
    """Accuracy and macro-F1 of a model on a part, in percent."""
    predicted = model.logits(part.packed).argmax(axis=1)
    return {
        "accuracy": metrics.accuracy(part.labels, predicted),
        "macro_f1": metrics.macro_f1(part.labels, predicted, len(model.labels)),
    }


def evaluate(model: Model, data, format: str = "auto") -> dict:
    """Scores of a model on a labelled file; UserError, with the line, for a class that the model does not know.

    Trees are read with two classes where the model was trained on two.
    """
    if format == "auto":
        format = recognise(data)
        if format == "sst5" and str(model.about.get("format")).startswith("sst2"):
            format = "sst2"
    corpus = read_corpus(data, format)
    for note in corpus.notes:
        say(note)
    labels = label_numbers(corpus, model.labels, "the model")
    part = Part(model.pack([example.text for example in corpus.examples]), labels)
    unknown = 100 * float(np.mean(part.packed.ids == UNKNOWN)) if len(part.packed.ids) else 0.0
    say(f"{data}: {unknown:.1f} % of the tokens are words that the model does not know")
    return {"examples": len(labels), **scores(model, part)}


@np.errstate(over="ignore", invalid="ignore")  # whatever comes out is thrown away
def warm_up(config: Config) -> None:
    """Run every kernel that a run needs once on next to nothing, so that compiling is not counted as training."""
    rng = np.random.default_rng(0)
    learner = Learner(rng.random((3, 4), np.float32), 2, config)
    part = Part(Packed(np.array([1, 2, 0], np.int32), np.array([0, 2, 3])), np.array([0, 1], np.int32))
    learner.epoch(part, 2)
    logits = learner.logits(part.packed)
    softmax(logits, logits)


def _versions():
    packages = {package: version(package) for package in ("embdistill", "numpy", "numba", "h5py")}
    return {"python": platform.python_version(), **packages}


class _Checkpoint:
    """The state of a run on disk, beside its output, while it goes on."""

    def __init__(self, out, task, config):
        self.path = out and Path(f"{out}.checkpoint")
        self.identity = out and {"config": config.as_dict(), "task": task.digest()}
        self.saved = time.perf_counter()

    def save_in_time(self, learner, history):
        if self.path is None or time.perf_counter() - self.saved < CHECKPOINT_SECONDS:
            return
        epochs = [list(epoch) for epoch in history]
        about = {"identity": self.identity, "history": epochs, "counters": learner.counters()}
        try:
            store.save_checkpoint(self.path, learner.arrays(), about)
        except UserError as error:
            say(f"no checkpoint: {error}")  # the run itself is sound, and goes on
        self.saved = time.perf_counter()

    def restore(self, learner, history):
        if self.path is None or not self.path.exists():
            say(f"{self.path}: no checkpoint there; the run starts from its beginning")
            return
        arrays, about = store.load_checkpoint(self.path)
        if about["identity"] != self.identity:
            raise UserError(f"{self.path}: made with other files or settings; give the same, or leave --resume away")
        shapes = {name: array.shape for name, array in learner.arrays().items()}
        if {name: array.shape for name, array in arrays.items()} != shapes:
            raise FormatError(f"{self.path}: does not fit the run; remove it and leave --resume away")
        learner.restore(arrays, about["counters"])
        history.extend(Epoch(*epoch) for epoch in about["history"])
        say(f"{self.path}: going on after epoch {len(history)}")

    def remove(self):
        self.path.unlink(missing_ok=True)
