"""The most accurate model that fits a microcontroller: how many words, which dtype, which of several run files, and how
much of what reads other words."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from embdistill.data.typos import Typos
from embdistill.errors import UserError
from embdistill.export.edm import DTYPES, edm_bytes
from embdistill.export.prune import log_softmax, prune, ranking
from embdistill.export.sizes import code_bytes, image_bytes, most_words, ram_bytes
from embdistill.export.splits import RunSplits, splits_of
from embdistill.export.variants import closed_vocabulary, variants
from embdistill.model.classifier import Model
from embdistill.model.edm import EdmModel
from embdistill.model.evaluation import scores_of
from embdistill.model.metrics import headline
from embdistill.model.run_file import load_run
from embdistill.progress import say

TYPOS = Typos(0.2)  # that models which read other words are scored with too
MIN_WORDS = 100  # fewer are only considered if no more fit
UNITS = {"": 1, "K": 1024, "M": 1024**2}


@dataclass(frozen=True)
class Budget:
    """Bytes of a device: flash, code included, and RAM (None: no limit)."""

    flash: int
    ram: int | None = None


@dataclass(frozen=True)
class Candidate:
    """A run file with this many of its words and this dtype of its weights.

    subwords, spellings: how many it has; right: how many of the run file's spellings it was given, before words were
    removed, which are spellings too. correct: whether it has corrections. bytes: of the image; flash, ram: in
    total. dev: accuracy in percent, for relations the official F1; dev_typos: the same with TYPOS, None where no model
    of the choice reads other words; cross_entropy: on the dev split, in nats per text. All scores are those of the C
    runtime on the image.
    """

    model: str
    words: int
    dim: int
    dtype: str
    bytes: int
    flash: int
    ram: int
    fits: bool
    dev: float
    cross_entropy: float
    subwords: int = 0
    correct: bool = False
    spellings: int = 0
    dev_typos: float | None = None
    right: int = field(default=0, compare=False)

    @property
    def score(self) -> float:
        """What a choice is made by: dev, or its mean with dev_typos."""
        return self.dev if self.dev_typos is None else (self.dev + self.dev_typos) / 2

    @property
    def rank(self) -> tuple[float, int, bool, float]:
        """By which candidates are compared: the larger is better. Spellings come before cross-entropy, since dev, whose
        words are known, cannot tell what they are good for."""
        return self.score, self.right, self.dtype != "float32", -self.cross_entropy


@dataclass(frozen=True)
class Choice:
    """What was chosen within a budget: its .edm image, and all that was considered."""

    chosen: Candidate
    image: bytes
    considered: list[Candidate]


def choose(paths: Sequence[str], budget: Budget, dtypes=DTYPES, data: str = "", dev: str = "") -> Choice:
    """The model with the highest dev accuracy that fits, among run files, dtypes and numbers of words.

    Where a run reads words that its table lacks, also with less of what that takes (variants.py); then the mean of the
    accuracies with and without typing errors counts. Of equally accurate models, the one with the most spellings, then
    one in whole numbers, which takes fewer instructions, then the one with the lowest cross-entropy. data, dev: where
    the files of the runs are now, if not where they say.
    UserError if nothing fits, if the runs differ in their dev split, or if files are missing.
    """
    models = {path: load_run(path) for path in paths}
    models = _within_ram(models, budget, dtypes)
    _check_flash(models, budget, dtypes)
    splits = {path: splits_of(model, path, data, dev) for path, model in models.items()}
    _check_same_dev(splits)
    considered, best, image = [], None, b""
    open_vocabulary = any(model.open_vocabulary for model in models.values())
    mistyped = TYPOS(next(iter(splits.values())).dev).texts if open_vocabulary else None
    for path, model in models.items():
        for candidate, its_image, _ in candidates(path, model, splits[path], budget, dtypes, mistyped):
            considered.append(candidate)
            if candidate.fits and (best is None or candidate.rank > best.rank):
                best, image = candidate, its_image
    return Choice(best, image, list(dict.fromkeys(considered)))


def parse_size(name: str, text: str) -> int:
    """Bytes of a size such as 65536, 64K or 1M; otherwise UserError, naming the option."""
    match = re.fullmatch(r"([0-9]+)([KM]?)", text.upper())
    if not match or not int(match[1]):
        raise UserError(f"--{name} {text}: must be a number of bytes, such as 65536, 64K or 1M")
    return int(match[1]) * UNITS[match[2]]


def _within_ram(models: dict[str, Model], budget, dtypes) -> dict[str, Model]:
    """The models for which the RAM is enough as one of the dtypes; UserError if there is none."""
    if budget.ram is None:
        return models
    needed = {
        path: min(ram_bytes(closed_vocabulary(model), dtype) for dtype in dtypes) for path, model in models.items()
    }
    if min(needed.values()) > budget.ram:
        raise UserError(
            f"--ram {budget.ram}: nothing fits; the smallest possible is {min(needed.values())} bytes, with "
            f"{min(needed, key=needed.get)}; give more, or train with a smaller --dim, --hidden, "
            "--filters or --units, or --network mean"
        )
    for path, ram in needed.items():
        if ram > budget.ram:
            say(f"{path}: omitted, since it takes {ram} bytes of RAM")
    return {path: model for path, model in models.items() if needed[path] <= budget.ram}


def _check_flash(models, budget, dtypes):
    sizes = {
        (path, dtype): code_bytes(model, dtype) + image_bytes(model, np.array([1]), dtype)
        for path, model in zip(models, map(closed_vocabulary, models.values()), strict=True)
        for dtype in dtypes
    }
    path, dtype = min(sizes, key=sizes.get)
    smallest = sizes[path, dtype]
    if smallest > budget.flash:
        raise UserError(
            f"--flash {budget.flash}: nothing fits; the smallest possible is {smallest} bytes, the program and one "
            f"word of {path} as {dtype}; give more, or train with a smaller --dim, or --network mean"
        )


def _check_same_dev(splits: dict[str, RunSplits]):
    (first_path, first), *others = splits.items()
    for path, own in others:
        if own.dev != first.dev or not np.array_equal(own.dev_labels, first.dev_labels):
            raise UserError(
                f"{path}: has another dev split than {first_path}; train both with the same files and --seed"
            )


def candidates(
    path, model: Model, splits: RunSplits, budget: Budget, dtypes, mistyped: list[str] | None, rank=ranking
) -> Iterator[tuple[Candidate, bytes, Model]]:
    """What can be made of a model, scored on the dev split: its image, and the pruned model. mistyped: dev with TYPOS;
    None if that does not count. rank: from a model and texts packed by it, to its words, as prune.ranking."""
    ranked = {}
    for i, variant in enumerate(variants(model)):
        parts = bool(variant.subwords), bool(variant.correction)
        if parts not in ranked:
            texts = variant.pack(splits.train.texts)
            count = len(model.vocabulary) - 1
            read = " if then read by n-grams" if variant.subwords else ""
            say(f"{path}: what each of {count} words costs{read}, on {texts.sentences} texts")
            ranked[parts] = rank(variant, texts), texts
        rows, texts = ranked[parts]
        for dtype in dtypes:
            most = most_words(variant, rows, budget.flash - code_bytes(variant, dtype), dtype)
            for words in _word_counts(len(rows), most):
                if words > most and i > 0:
                    continue  # what the budget costs is shown once
                pruned = prune(variant, rows[:words], texts)
                image = edm_bytes(pruned, dtype, common=0)
                found = _candidate(path, pruned, dtype, image, budget, splits, mistyped)
                right = len(variant.correction.spellings) if variant.correction else 0
                yield replace(found, right=right), image, pruned


def _candidate(path, model, dtype, image, budget, splits, mistyped) -> Candidate:
    flash, ram = code_bytes(model, dtype) + len(image), ram_bytes(model, dtype)
    edm = EdmModel(image)
    dev, cross_entropy = _scores(model, edm, splits.dev, splits.dev_labels)
    return Candidate(
        str(path), len(model.vocabulary) - 1, model.network.dim, dtype, len(image), flash, ram,
        flash <= budget.flash and (budget.ram is None or ram <= budget.ram),
        dev, cross_entropy,
        subwords=len(model.subwords.buckets) if model.subwords else 0,
        correct=model.correction is not None,
        spellings=len(model.correction.spellings) if model.correction else 0,
        dev_typos=mistyped and _scores(model, edm, mistyped, splits.dev_labels)[0],
    )  # fmt: skip


def _word_counts(total, most):
    """All words, even if they do not fit, to show what the budget costs; the most that fit; and all words halved
    repeatedly, where that fits."""
    halved = [total >> times for times in range(1, total.bit_length()) if MIN_WORDS <= total >> times < most]
    return [total, *([most] if 0 < most < total else []), *halved]


def _scores(model, edm, texts, labels):
    """The score in percent and the cross-entropy of the image of a model on texts of these labels (B,)."""
    logits = edm.predict_logits(texts)
    scores = scores_of(model, labels, logits.argmax(axis=1))
    return headline(scores), -float(np.mean(log_softmax(logits)[np.arange(len(labels)), labels]))
