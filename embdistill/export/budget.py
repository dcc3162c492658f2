"""The most accurate model that fits a microcontroller: how many words, which dtype, and which of several run files."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from embdistill.errors import UserError
from embdistill.export.edm import DTYPES, edm_bytes
from embdistill.export.prune import log_softmax, prune, ranking
from embdistill.export.sizes import CODE_BYTES, image_bytes, most_words, ram_bytes
from embdistill.export.splits import RunSplits, splits_of
from embdistill.model.classifier import Model
from embdistill.model.edm import EdmModel
from embdistill.model.evaluation import scores_of
from embdistill.model.metrics import headline
from embdistill.model.run_file import load_run
from embdistill.progress import say

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

    bytes: of the image; flash, ram: in total. dev: accuracy in percent, for relations the official F1; cross_entropy:
    on the dev split, in nats per text. Both scores are those of the C runtime on the image.
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


@dataclass(frozen=True)
class Choice:
    """What was chosen within a budget: its .edm image, and all that was considered."""

    chosen: Candidate
    image: bytes
    considered: list[Candidate]


def choose(paths: Sequence[str], budget: Budget, dtypes=DTYPES, data: str = "", dev: str = "") -> Choice:
    """The model with the highest dev accuracy that fits, among run files, dtypes and numbers of words.

    Of equally accurate models, the one with the lowest cross-entropy. data, dev: where the files of the runs are now,
    if not where they say. UserError if nothing fits, if the runs differ in their dev split, or if files are missing.
    """
    models = {path: load_run(path) for path in paths}
    models = _within_ram(models, budget)
    _check_flash(models, budget, dtypes)
    splits = {path: splits_of(model, path, data, dev) for path, model in models.items()}
    _check_same_dev(splits)
    images = {}
    for path, model in models.items():
        images |= _candidates(path, model, splits[path], budget, dtypes)
    chosen = max((c for c in images if c.fits), key=lambda c: (c.dev, -c.cross_entropy))
    return Choice(chosen, images[chosen], list(images))


def parse_size(name: str, text: str) -> int:
    """Bytes of a size such as 65536, 64K or 1M; otherwise UserError, naming the option."""
    match = re.fullmatch(r"([0-9]+)([KM]?)", text.upper())
    if not match or not int(match[1]):
        raise UserError(f"--{name} {text}: must be a number of bytes, such as 65536, 64K or 1M")
    return int(match[1]) * UNITS[match[2]]


def _within_ram(models: dict[str, Model], budget) -> dict[str, Model]:
    """The models for which the RAM is enough; UserError if there is none."""
    if budget.ram is None:
        return models
    needed = {path: ram_bytes(model) for path, model in models.items()}
    if min(needed.values()) > budget.ram:
        raise UserError(
            f"--ram {budget.ram}: nothing fits; the smallest possible is {min(needed.values())} bytes, "
            f"with {min(needed, key=needed.get)}; give more, or train a smaller network"
        )
    for path, ram in needed.items():
        if ram > budget.ram:
            say(f"{path}: omitted, since it takes {ram} bytes of RAM")
    return {path: model for path, model in models.items() if needed[path] <= budget.ram}


def _check_flash(models, budget, dtypes):
    sizes = {(path, dtype): image_bytes(model, 1, dtype) for path, model in models.items() for dtype in dtypes}
    path, dtype = min(sizes, key=sizes.get)
    smallest = CODE_BYTES + sizes[path, dtype]
    if smallest > budget.flash:
        raise UserError(
            f"--flash {budget.flash}: nothing fits; the smallest possible is {smallest} bytes, one word of {path} as "
            f"{dtype}; give more, or train a smaller network"
        )


def _check_same_dev(splits: dict[str, RunSplits]):
    (first_path, first), *others = splits.items()
    for path, own in others:
        if own.dev != first.dev or not np.array_equal(own.dev_labels, first.dev_labels):
            raise UserError(
                f"{path}: has another dev split than {first_path}; train both with the same files and --seed"
            )


def _candidates(path, model: Model, splits: RunSplits, budget, dtypes) -> Iterator[tuple[Candidate, bytes | None]]:
    """What can be made of a model, scored on the dev split, and its image if it fits."""
    texts = splits.train.packed
    say(f"{path}: what each of {len(model.vocabulary) - 1} words costs, on {texts.sentences} texts")
    ranked = ranking(model, texts)
    ram = ram_bytes(model)
    for dtype in dtypes:
        for words in _word_counts(len(ranked), most_words(model, budget.flash - CODE_BYTES, dtype)):
            image = edm_bytes(prune(model, ranked[:words], texts), dtype, common=0)
            flash = CODE_BYTES + len(image)
            scores = _dev_scores(model, image, splits)
            fits = flash <= budget.flash
            candidate = Candidate(str(path), words, model.network.dim, dtype, len(image), flash, ram, fits, *scores)
            yield candidate, image if fits else None


def _word_counts(total, most):
    """All words, even if they do not fit, to show what the budget costs; the most that fit; and all words halved
    repeatedly, where that fits."""
    halved = [total >> times for times in range(1, total.bit_length()) if MIN_WORDS <= total >> times < most]
    return [total, *([most] if 0 < most < total else []), *halved]


def _dev_scores(model, image, splits):
    """The score in percent and the cross-entropy of an image on the dev split."""
    labels, logits = splits.dev_labels, EdmModel(image).predict_logits(splits.dev)
    scores = scores_of(model, labels, logits.argmax(axis=1))
    return headline(scores), -float(np.mean(log_softmax(logits)[np.arange(len(labels)), labels]))
