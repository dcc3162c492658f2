"""One run, from files to a saved model with its scores."""

import platform
import statistics
import time
from dataclasses import dataclass, replace
from importlib.metadata import version

import numpy as np

from embdistill.data.corpora import read_corpus, recognise
from embdistill.data.dataset import Dataset, Split, file_record, label_indices, tokenize_corpus
from embdistill.data.packed import Packed
from embdistill.errors import UserError
from embdistill.kernels.machine import threads
from embdistill.model import metrics
from embdistill.model.classifier import Model
from embdistill.model.config import Config
from embdistill.model.methods import ENCODERS
from embdistill.model.run_file import save_run
from embdistill.progress import TrainingProgress, say
from embdistill.storage.files import check_writable
from embdistill.training.checkpoint import Checkpoint
from embdistill.training.learner import Learner, best_of, fit
from embdistill.training.pretraining import pretrain
from embdistill.training.teacher_cache import TeacherCache
from embdistill.training.teachers import given_logits, targets, teacher_configs

TIMED = 200  # texts on which the time of prediction is measured


@dataclass
class Run:
    """A finished run: the folded model, and its record as `train --json` prints it."""

    model: Model
    record: dict


def run(dataset: Dataset, config: Config, out=None, resume: bool = False, teachers=(), cache=None) -> Run:
    """Train, fold, evaluate, and save to `out` (None: do not save).

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
    digests = [file_record("teacher", path)["sha256"] for path in teachers]
    identity = {"config": config.as_dict(), "task": dataset.digest(), "teachers": digests}
    checkpoint = Checkpoint(out, identity)
    if resume:
        checkpoint.read()
    dataset, teacher_seconds = _with_targets(dataset, config, checkpoint, teachers, cache)
    # A `large` run is the teacher of its seed, and leaves what it gives for the others.
    teacher = teacher_configs(config)[0]
    teaches = config.method == "large" and teacher.network == config.network
    cached = TeacherCache(cache if teaches else None, dataset)
    with cached.alone(teacher):
        begun = time.perf_counter()
        learner = _learner(dataset, config)
        seconds = time.perf_counter() - begun  # of pretraining, or principal components
        seconds += _train(learner, "student", dataset, config, checkpoint)
        if cached.folder:
            cached.put(teacher, learner.logits(dataset.train.packed), seconds)
    if "finetune" in config.parsed.stages:
        learner = learner.folded(config)
        seconds += _train(learner, "finetune", dataset, config, checkpoint, best_of(checkpoint.histories["student"]))

    model = _folded(learner, dataset)
    stages = [stage for stage in ("student", "finetune") if stage in checkpoint.histories]
    histories = {stage: checkpoint.histories[stage] for stage in stages}
    record = _record(model, dataset, config, histories, {"train": seconds, "teachers": teacher_seconds}, out)
    model.about = {
        "record": record,
        "config": config.as_dict(),
        "history": [{"stage": stage, **epoch._asdict()} for stage in histories for epoch in histories[stage]],
        "format": dataset.format,
        "notes": dataset.notes,
        "inputs": dataset.inputs + [file_record("teacher", path) for path in teachers],
        "versions": _versions(),
    }
    if out is not None:
        save_run(out, model)
        checkpoint.remove()
    return Run(model, record)


def warn_of_dim(dataset: Dataset, config: Config) -> None:
    """Say so, if an encoder makes vectors no smaller than the large ones."""
    if config.parsed.table in ENCODERS and config.dim >= dataset.vectors.shape[1]:
        say(
            f"--dim {config.dim} is not below the {dataset.vectors.shape[1]} of the large vectors: nothing is distilled"
        )


def _learner(dataset, config):
    learner = Learner(dataset.vectors, len(dataset.labels), config, dataset.small_vectors, dataset.relations)
    if "pretrain" in config.parsed.stages:
        pretrain(learner.table, learner.parameters.values, config.pretrain_epochs, config.seed)
    return learner


def learner_of(dataset: Dataset, config: Config, cache=None) -> tuple[Learner, Dataset]:
    """A learner as it stands before its first epoch, and the task with the targets that it is to match."""
    dataset, _ = _with_targets(dataset, config, Checkpoint(None, {}), (), cache)
    return _learner(dataset, config), dataset


def _train(learner, stage, dataset, config, checkpoint, start=None):
    """Train a learner as one stage of a run, with a bar and checkpoints; returns the seconds that it took in all.

    start: the epoch of an earlier stage that the learner's weights come from.
    """
    if checkpoint.done(stage):
        return sum(epoch.seconds for epoch in checkpoint.histories[stage])
    history = checkpoint.begin(stage, learner)
    begun = time.perf_counter() - sum(epoch.seconds for epoch in history)
    title = f"{config.method} {config.network} d={learner.table.dim} seed {config.seed}"
    title = title if stage == "student" else f"{stage}: {title}"
    progress = TrainingProgress(title, config.epochs, dataset.train.packed.sentences, len(history))

    def epoch_done(epoch):
        progress.epoch(epoch)
        checkpoint.save_in_time(learner)

    try:
        fit(learner, dataset.train, dataset.dev, config, history, progress.step, epoch_done, start)
    finally:
        progress.close()
    return time.perf_counter() - begun


def _with_targets(dataset, config, checkpoint, teachers, cache):
    """The task with what the method matches in its training part, and the seconds that its teachers took to train."""
    given = given_logits(teachers, dataset, config) if teachers else []
    if config.parsed.objective == "labels":
        return dataset, 0.0
    logits, seconds = list(given), 0.0
    trained_here = [] if given else teacher_configs(config)
    for teacher in trained_here:
        warm_up(dataset, teacher)  # a network that cannot do the task is refused before any is trained
    cached = TeacherCache(cache, dataset)
    for number, teacher in enumerate(trained_here):
        stage = f"teacher{number}"
        if checkpoint.done(stage):
            logits.append(checkpoint.outcomes[stage])
            seconds += sum(epoch.seconds for epoch in checkpoint.histories[stage])
            continue
        with cached.alone(teacher):
            found = cached.get(teacher)
            if found is None:
                learner = _learner(dataset, teacher)
                took = _train(learner, stage, dataset, teacher, checkpoint)
                found = learner.logits(dataset.train.packed), took
                cached.put(teacher, *found)
                checkpoint.outcomes[stage] = found[0]
        logits.append(found[0])
        seconds += found[1]
    return replace(dataset, train=replace(dataset.train, targets=targets(logits, config))), seconds


def cross_validate(dataset: Dataset, config: Config, folds: int) -> dict:
    """Train and test on each fold of the training part; the record has the means, and that of each fold under "runs".

    Raises UserError for more folds than examples.
    """
    runs = [run(dataset.fold(k, folds, config.seed), config).record | {"fold": k} for k in range(folds)]
    means = {
        split: _means([record[split] for record in runs])
        for split in ("dev", "test", "bytes", "seconds", "microseconds")
    }
    means["epochs"] = statistics.mean(record["epochs"] for record in runs)
    return {**runs[0], **means, "fold": None, "folds": folds, "runs": runs}


def _means(records):
    numbers = [name for name, value in records[0].items() if isinstance(value, (int, float))]
    return {name: statistics.mean(record[name] for record in records) for name in numbers}


def _folded(learner, dataset):
    """What is shipped: the small table, computed once, and the network; the large vectors and the encoder are left."""
    return Model(
        labels=dataset.labels,
        tokenizer=dataset.tokenizer,
        vocabulary=dataset.vocabulary,
        table=np.ascontiguousarray(learner.fold(), np.float32),
        network=learner.network,
        values={name: learner.parameters.values[name] for name in learner.network.shapes()},
        about={},
    )


def _record(model, dataset, config, histories, seconds, out):
    """The object that `train --json` prints."""
    epochs = [epoch.seconds for history in histories.values() for epoch in history]
    return {
        "method": config.method,
        "network": config.network,
        "dim": model.network.dim,
        "seed": config.seed,
        "classes": len(dataset.labels),
        "vocabulary": len(dataset.vocabulary),
        "dev": scores(model, dataset.dev),
        "test": dataset.test and scores(model, dataset.test),
        "bytes": model.bytes,
        "seconds": {**seconds, "epoch": statistics.median(epochs)},
        "microseconds": {"predict": prediction_microseconds(model, dataset.test or dataset.dev)},
        "epochs": len(epochs),
        "config": config.as_dict(),
        "out": None if out is None else str(out),
    }


def scores(model: Model, split: Split) -> dict:
    """Scores of a model on a part, in percent: accuracy, macro-F1, for relations the official F1, each class, and the
    confusion matrix, rows the gold labels."""
    return scores_of(model, split.labels, model.logits(split.packed).argmax(axis=1))


def scores_of(model: Model, labels: np.ndarray, predicted: np.ndarray) -> dict:
    """Scores as of `scores`, from the numbers of gold and of predicted labels (B,) int."""
    confusion = metrics.confusion(labels, predicted, len(model.labels))
    found = {
        "accuracy": metrics.accuracy(labels, predicted),
        "macro_f1": metrics.macro_f1(labels, predicted, len(model.labels)),
    }
    if model.relations:
        found["official_f1"] = metrics.relation_f1(model.labels, confusion)
    per_class = dict(zip(model.labels, metrics.per_class(confusion), strict=True))
    return {**found, "per_class": per_class, "confusion": confusion.tolist()}


def prediction_microseconds(model: Model, split: Split) -> float:
    """Median time of the logits of one text, its words looked up already, over the first TIMED texts of a part."""
    seconds = []
    for number in range(min(TIMED, split.packed.sentences)):
        text = split.select(np.array([number])).packed
        start = time.perf_counter()
        model.logits(text)
        seconds.append(time.perf_counter() - start)
    return 1e6 * statistics.median(seconds)


def evaluate(model: Model, data, format: str = "auto") -> dict:
    """Scores of a model on a labelled file; UserError, with the line, for a class that the model does not know.

    model: also an embdistill.model.edm.EdmModel. Trees are read with two classes where the model was trained on two.
    """
    if format == "auto":
        format = recognise(data)
        if format == "sst5" and str(model.about.get("format")).startswith("sst2"):
            format = "sst2"
    corpus = read_corpus(data, format)
    for note in corpus.notes:
        say(note)
    if (corpus.format == "semeval") != model.relations:
        dataset = "relations between marked entities" if model.relations else "whole texts"
        raise UserError(f"{data}: of another kind than the model's task, {dataset}; give texts of that kind")
    labels = label_indices(corpus, model.labels, "the model")
    tokens = sum(map(len, tokenize_corpus(corpus, model.tokenizer)[0]))
    rows, known = model.logits_and_known([example.text for example in corpus.examples])
    unknown = 100 * (1 - sum(known) / tokens) if tokens else 0.0
    say(f"{data}: {unknown:.1f} % of the tokens are words that the model does not know")
    return {"examples": len(labels), **scores_of(model, labels, np.argmax(rows, axis=1))}


@np.errstate(over="ignore", invalid="ignore")  # whatever comes out is thrown away
def warm_up(dataset: Dataset, config: Config) -> None:
    """Run every kernel that a run needs once on next to nothing, so that compiling is not counted as training."""
    rng = np.random.default_rng(0)
    tiny = replace(config, dim=2)
    learner = Learner(rng.random((5, 4), np.float32), 2, tiny, relations=dataset.relations)
    positions = np.zeros((3, 2), np.int32) if dataset.relations else None
    packed = Packed(np.array([1, 2, 0], np.int32), np.array([0, 2, 3]), positions)
    split = Split(packed, np.array([0, 1], np.int32), np.zeros((2, 2), np.float32))
    learner.epoch(split, 2)
    if "finetune" in config.parsed.stages:
        learner.folded(tiny).epoch(split, 2)
    threads.share()
    learner.loss(split, np.arange(2))
    learner.logits(split.packed)


def _versions():
    packages = {package: version(package) for package in ("embdistill", "numpy", "numba", "h5py")}
    return {"python": platform.python_version(), **packages}
