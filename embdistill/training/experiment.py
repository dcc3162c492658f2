"""One run, from a dataset to a saved model with its scores."""

import platform
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

import numpy as np

from embdistill.data.dataset import Dataset
from embdistill.data.prepare import file_record
from embdistill.errors import UserError
from embdistill.model.classifier import Model
from embdistill.model.config import Config
from embdistill.model.evaluation import prediction_microseconds, scores
from embdistill.model.methods import ENCODERS
from embdistill.model.run_file import save_run
from embdistill.model.tables import CodedTable
from embdistill.progress import say
from embdistill.storage.files import check_writable
from embdistill.training.checkpoint import Checkpoint
from embdistill.training.learner import Learner
from embdistill.training.loop import Epoch, best_of
from embdistill.training.open_vocabulary import open_vocabulary, warn_of_worse
from embdistill.training.stages import stages
from embdistill.training.stages import train as train_stage
from embdistill.training.teacher_cache import TeacherCache
from embdistill.training.teachers import teacher_configs, teacher_logits
from embdistill.training.warm_up import warm_up


@dataclass(frozen=True)
class Trained:
    """Trained learners, not folded yet: the large vectors and the encoder are still there.

    dataset: with its dev split. learners: of each stage, the last one is shipped. seconds: by what was trained.
    teacher_files: file_record of each. checkpoint: of the run, to be removed once it is saved.
    """

    dataset: Dataset
    config: Config
    learners: list[Learner]
    seconds: dict[str, float]
    teacher_files: list[dict]
    checkpoint: Checkpoint

    @property
    def histories(self) -> dict[str, list[Epoch]]:
        """The epochs of each stage."""
        return {stage.name: self.checkpoint.histories[stage.name] for stage in stages(self.config)}


@dataclass(frozen=True)
class Run:
    """A finished run: the folded model, and its record as `train --json` prints it."""

    model: Model
    record: dict


def run(dataset: Dataset, config: Config, out=None, resume: bool = False, teachers: Sequence = (), cache=None) -> Run:
    """Train, fold, evaluate, and save to `out` (None: do not save). The arguments and errors are those of `train`."""
    trained = train(dataset, config, out, resume, teachers, cache)
    finished = fold(trained, out)
    if out is not None:
        save_run(out, finished.model)
        trained.checkpoint.remove()
        if config.parsed.codes:
            say(f"{out}: holds the table that the codes decode to; neither it nor its exports are smaller for codes")
    return finished


def train(
    dataset: Dataset, config: Config, out=None, resume: bool = False, teachers: Sequence = (), cache=None
) -> Trained:
    """Train the learners of a method, one after the other; checkpoints are kept beside `out` (None: nowhere).

    resume: go on from the checkpoint that a stopped run with the same files and settings left beside `out`.
    teachers: run files; without them, what the method matches is trained on the spot. cache: a folder where the logits
    of those teachers are kept for other runs, and those of a `large` run, which is the teacher of its seed.
    Raises UserError if `out` cannot be written, the checkpoint is of another run, or a teacher does not fit.
    """
    if out is not None:
        check_writable(out)
    if dataset.small_vectors is not None and config.parsed.table != "direct":
        raise UserError(f"--small-vectors are where a direct table starts, and the method is {config.method}")
    dataset = dataset.with_dev(config.seed)
    warn_of_dim(dataset, config)
    warm_up(dataset, config)
    teacher_files = [file_record("teacher", path) for path in teachers]
    digests = [file["sha256"] for file in teacher_files]
    checkpoint = Checkpoint(out, {"config": config.as_dict(), "task": dataset.digest(), "teachers": digests})
    if resume:
        teachers_first = [f"teacher{index}" for index in range(len(teacher_configs(config)))]
        checkpoint.read(teachers_first + [stage.name for stage in stages(config)])
    targets, teacher_seconds = teacher_logits(dataset, config, checkpoint, teachers, cache)
    dataset = replace(dataset, train=replace(dataset.train, targets=targets))
    learners, seconds = _trained(dataset, config, checkpoint, cache)
    seconds = {"train": seconds, "teachers": teacher_seconds}
    return Trained(dataset, config, learners, seconds, teacher_files, checkpoint)


def fold(trained: Trained, out=None) -> Run:
    """Compute the small table, once, and what reads words outside it; and the scores of the model. out: for the record.

    The model has nothing of the large vectors or the encoder.
    """
    learners, dataset = trained.learners, trained.dataset
    model = open_vocabulary(folded(learners[-1], dataset), learners[0], dataset, trained.config)
    warn_of_worse(model, dataset.dev)
    record = _record(model, trained, out)
    model.about = _about(record, trained)
    return Run(model, record)


def cross_validate(dataset: Dataset, config: Config, folds: int) -> dict:
    """Train and test on each fold of the training split; the record has the means, and that of each fold under "runs".

    Raises UserError for more folds than examples.
    """
    runs = [run(dataset.fold(k, folds, config.seed), config).record | {"fold": k} for k in range(folds)]
    means = {
        name: _means([record[name] for record in runs]) for name in ("dev", "test", "bytes", "seconds", "microseconds")
    }
    means["epochs"] = statistics.mean(record["epochs"] for record in runs)
    return {**runs[0], **means, "fold": None, "folds": folds, "runs": runs}


def warn_of_dim(dataset: Dataset, config: Config) -> None:
    """Say so, if an encoder makes vectors no smaller than the large ones."""
    large = dataset.vectors.shape[1]
    if config.parsed.table in ENCODERS and config.dim >= large:
        say(f"--dim {config.dim} is not below the {large} of the large vectors: nothing is distilled")


def _trained(dataset, config, checkpoint, cache) -> tuple[list[Learner], float]:
    """The learners of all stages, trained, and the seconds that they took."""
    # A `large` run is the teacher of its seed, and leaves its logits for the others.
    teacher = teacher_configs(config)[0]
    teaches = config.method == "large" and teacher.network == config.network
    cached = TeacherCache(cache if teaches else None, dataset)
    learner, learners, best, seconds = None, [], None, 0.0
    with cached.alone(teacher):
        for stage in stages(config):
            begun = time.perf_counter()
            learner = stage.begin(dataset, config, learner)
            seconds += time.perf_counter() - begun  # of pretraining, principal components, folding
            seconds += train_stage(learner, stage.name, dataset, checkpoint, best if stage.keeps_score else None)
            best = best_of(checkpoint.histories[stage.name])
            learners.append(learner)
        if cached.folder:
            cached.put(teacher, learner.logits(dataset.train.packed), seconds)
    return learners, seconds


def folded(learner, dataset):
    """What is shipped: the small table, computed once, and the network; the large vectors and the encoder are left."""
    return Model(
        labels=dataset.labels,
        tokenizer=dataset.tokenizer,
        vocabulary=dataset.vocabulary,
        table=np.ascontiguousarray(learner.fold(), np.float32),
        network=learner.network,
        values={name: learner.parameters.values[name] for name in learner.network.shapes()},
        about={},
        unknown_words=dataset.unknown_words,
    )


def _record(model, trained, out):
    """The object that `train --json` prints."""
    dataset, config = trained.dataset, trained.config
    epochs = [epoch.seconds for history in trained.histories.values() for epoch in history]
    return {
        "method": config.method,
        "network": config.network,
        "dim": model.network.dim,
        "seed": config.seed,
        "read": dataset.read,
        "classes": len(dataset.labels),
        "vocabulary": len(dataset.vocabulary),
        "dev": scores(model, dataset.dev),
        "test": dataset.test and scores(model, dataset.test),
        "bytes": _bytes(model, trained.learners[-1].table),
        "seconds": {**trained.seconds, "epoch": statistics.median(epochs)},
        "microseconds": {"predict": prediction_microseconds(model, dataset.test or dataset.dev)},
        "epochs": len(epochs),
        "config": config.as_dict(),
        "out": None if out is None else str(out),
    }


def _bytes(model, table):
    """Those of the model, in which the table counts as its codes, if it has codes."""
    saved = model.bytes["table"] - table.bytes if isinstance(table, CodedTable) else 0
    return model.bytes | {name: model.bytes[name] - saved for name in ("table", "total")}


def _about(record, trained):
    """What the run file says of the model's making."""
    dataset, histories = trained.dataset, trained.histories
    packages = {package: version(package) for package in ("embdistill", "numpy", "numba", "h5py")}
    return {
        "record": record,
        "config": trained.config.as_dict(),
        "history": [{"stage": stage, **epoch._asdict()} for stage in histories for epoch in histories[stage]],
        "format": dataset.format,
        "layout": dataset.layout.as_dict(),
        "notes": dataset.notes,
        "inputs": dataset.inputs + trained.teacher_files,
        "versions": {"python": platform.python_version(), **packages},
    }


def _means(records):
    numeric = [name for name, value in records[0].items() if isinstance(value, (int, float))]
    return {name: statistics.mean(record[name] for record in records) for name in numeric}
