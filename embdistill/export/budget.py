"""The most accurate model that fits a microcontroller: how many words, which dtype, and which of several run files."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from embdistill.errors import UserError
from embdistill.export.edm import DTYPES, edm_bytes
from embdistill.export.prune import prune, ranking
from embdistill.export.sizes import CODE_BYTES, image_bytes, most_words, ram_bytes
from embdistill.export.splits import RunSplits, splits_of
from embdistill.model import metrics
from embdistill.model.classifier import Model
from embdistill.model.edm import EdmModel
from embdistill.model.run_file import load_run
from embdistill.progress import say

FEWEST_WORDS = 100  # below, only the most that fit are considered
UNITS = {"": 1, "K": 1024, "M": 1024**2}


@dataclass(frozen=True)
class Budget:
    """Bytes of a device: flash, code included, and RAM (None: no limit)."""

    flash: int
    ram: int | None = None


@dataclass(frozen=True)
class Candidate:
    """A run file with so many of its words, the dtype of its weights, and what it then takes and scores.

    bytes: of the image; flash, ram: in all. dev: accuracy in percent, for relations the official F1; cross_entropy: on
    the dev part, in nats a text. Both are what the C runtime makes of the image.
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


def parse_size(name: str, text: str) -> int:
    """Bytes of a size such as 65536, 64K or 1M; UserError, naming the option, if it is none."""
    match = re.fullmatch(r"([0-9]+)([KM]?)", text.upper())
    if not match or not int(match[1]):
        raise UserError(f"--{name} {text}: must be a number of bytes, such as 65536, 64K or 1M")
    return int(match[1]) * UNITS[match[2]]


def choose(paths: Sequence[str], budget: Budget, dtypes=DTYPES, data: str = "", dev: str = "") -> Choice:
    """The model of the highest dev accuracy among run files, dtypes and numbers of words that fit.

    Of models that are equally accurate, the one of the lowest cross-entropy.
    data, dev: where the files of the runs are now, if not where they say. UserError if nothing fits, if the runs do not
    have the same dev part, or if their files are not to be had.
    """
    models = _with_enough_ram({path: load_run(path) for path in paths}, budget)
    _check_flash(models, budget, dtypes)
    best, considered, first = None, [], None
    for path, model in models.items():
        splits = splits_of(model, path, data, dev)
        texts = splits.train.packed
        first = first or (path, splits)
        _check_same_dev(*first, path, splits)
        say(f"{path}: what each of {len(model.vocabulary) - 1} words costs, on {texts.sentences} texts")
        ranked = ranking(model, texts)
        for dtype in dtypes:
            for words in _numbers_of_words(len(ranked), most_words(model, budget.flash - CODE_BYTES, dtype)):
                image = edm_bytes(prune(model, ranked[:words], texts), dtype, common=0)
                candidate = _candidate(path, model, words, dtype, image, splits, budget)
                considered.append(candidate)
                if candidate.fits and (best is None or _merit(candidate) > _merit(best[0])):
                    best = candidate, image
    return Choice(*best, considered)


def table(choice: Choice) -> str:
    """All that was considered, a line each, under a header; and what the marks mean."""
    wide = max(len(candidate.model) for candidate in choice.considered)
    lines = [f"  {'model':<{wide}}{'words':>8}{'d':>5}  {'dtype':<8}{'image':>11}{'flash':>11}{'RAM':>9}{'dev %':>7}"]
    for c in choice.considered:
        mark = "*" if c == choice.chosen else " " if c.fits else "-"
        sizes = f"{c.bytes:>11,}{c.flash:>11,}{c.ram:>9,}"
        lines.append(f"{mark} {c.model:<{wide}}{c.words:>8}{c.dim:>5}  {c.dtype:<8}{sizes}{c.dev:>7.1f}")
    return "\n".join([*lines, "image, flash, RAM: bytes; * chosen, - does not fit"])


def verdict(chosen: Candidate, budget: Budget) -> str:
    """What the chosen model takes of the budget, in a line."""
    of_ram = "" if budget.ram is None else f" of {budget.ram:,}"
    return (
        f"fits: flash {chosen.flash:,} of {budget.flash:,} bytes (code {CODE_BYTES:,}, model {chosen.bytes:,}), "
        f"RAM {chosen.ram:,}{of_ram} bytes"
    )


def as_record(choice: Choice, budget: Budget) -> dict:
    """The choice as JSON can hold it."""
    return {
        "budget": asdict(budget),
        "code": CODE_BYTES,
        "chosen": asdict(choice.chosen),
        "considered": [asdict(candidate) for candidate in choice.considered],
    }


def _merit(candidate):
    return candidate.dev, -candidate.cross_entropy


def _numbers_of_words(total, most):
    """All words, even where they do not fit, to show what the budget costs; the most that fit; and all halved again and
    again, as far as they fit."""
    halved = [total >> times for times in range(1, total.bit_length()) if FEWEST_WORDS <= total >> times < most]
    return [total, *([most] if 0 < most < total else []), *halved]


def _candidate(path, model, words, dtype, image, splits, budget):
    dev, cross_entropy = _dev_scores(model, image, splits)
    flash, ram = CODE_BYTES + len(image), ram_bytes(model)
    fits = flash <= budget.flash
    return Candidate(str(path), words, model.network.dim, dtype, len(image), flash, ram, fits, dev, cross_entropy)


def _dev_scores(model, image, splits):
    """The score in percent and the cross-entropy of an image on the dev part."""
    logits = EdmModel(image).predict_logits(splits.dev).astype(np.float64)
    predicted = logits.argmax(axis=1)
    if model.relations:
        confusion = metrics.confusion(splits.dev_labels, predicted, len(model.labels))
        score = metrics.relation_f1(model.labels, confusion)
    else:
        score = metrics.accuracy(splits.dev_labels, predicted)
    most = logits.max(axis=1)
    log_sums = most + np.log(np.exp(logits - most[:, None]).sum(axis=1))
    return score, float(np.mean(log_sums - logits[np.arange(len(logits)), splits.dev_labels]))


def _with_enough_ram(models: dict[str, Model], budget) -> dict[str, Model]:
    """The models that the RAM is enough for; UserError if there is none."""
    if budget.ram is None:
        return models
    needed = {path: ram_bytes(model) for path, model in models.items()}
    if min(needed.values()) > budget.ram:
        raise UserError(
            f"--ram {budget.ram}: nothing fits; the smallest that is possible is {min(needed.values())} bytes, "
            f"with {min(needed, key=needed.get)}; give more, or train a smaller network"
        )
    for path, ram in needed.items():
        if ram > budget.ram:
            say(f"{path}: left out, it takes {ram} bytes of RAM")
    return {path: model for path, model in models.items() if needed[path] <= budget.ram}


def _check_flash(models, budget, dtypes):
    smallest = {
        (path, dtype): CODE_BYTES + image_bytes(model, 1, dtype) for path, model in models.items() for dtype in dtypes
    }
    path, dtype = min(smallest, key=smallest.get)
    if smallest[path, dtype] > budget.flash:
        raise UserError(
            f"--flash {budget.flash}: nothing fits; the smallest that is possible is {smallest[path, dtype]} bytes, "
            f"one word of {path} as {dtype}; give more, or train a smaller network"
        )


def _check_same_dev(first_path, first: RunSplits, path, splits: RunSplits):
    same = splits.dev == first.dev and np.array_equal(splits.dev_labels, first.dev_labels)
    if not same:
        raise UserError(f"{path}: has another dev part than {first_path}; train both with the same files and --seed")
