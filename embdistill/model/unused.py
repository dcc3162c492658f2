"""Settings that a run does not use: said, since whoever gives one expects something of it."""

from collections.abc import Iterable, Sequence

from embdistill.model.choices import CODES, TABLES
from embdistill.model.config import Config, option

# Of the settings that not all runs use: the networks, the words of a method or the kinds of task that do.
USED_BY = {
    "dim": tuple(name for name in TABLES if not name.startswith("large")),
    "filters": ("cnn",),
    "widths": ("cnn",),
    "hidden": ("mean",),
    "units": ("lstm",),
    "pooling": ("lstm",),
    "position_dim": ("relations",),
    "position_reach": ("relations",),
    "class_weights": ("labels", "soft"),
    "activation": ("encode",),
    "encoder_hidden": ("encode2",),
    "temperature": ("soft",),
    "mixing": ("soft",),
    "teachers": ("teachers to train", "ensemble"),
    "teacher_networks": ("teachers to train",),
    "combine": ("ensemble",),
    "pretrain_epochs": ("pretrain",),
    "finetune_rate": ("finetune", *CODES),
    "spellings": ("correct",),
}


def unused(given: Iterable[str], configs: Sequence[Config], relations: bool, teacher_files: bool = False) -> str:
    """A line for the user on the settings of these names that none of the runs uses; "" if there is none."""
    words = set().union(*(_words(config, relations, teacher_files) for config in configs))
    names = [name for name in given if not _uses(words, name)]
    if not names:
        return ""
    runs = ", ".join(dict.fromkeys(f"{config.method} with {config.network}" for config in configs))
    return f"not used by {runs}: {', '.join(map(option, names))}"


def _uses(words, name):
    users = USED_BY.get(name, ())
    if name == "teachers":
        return words.issuperset(users)
    return not users or not words.isdisjoint(users)


def _words(config, relations, teacher_files):
    """What a run does, in the words of USED_BY."""
    method = config.parsed
    words = {config.network, method.table, method.objective, *method.stages, method.codes}
    if relations:
        words.add("relations")
    if config.correct:
        words.add("correct")
    if method.has_teacher and not teacher_files:
        words |= {"teachers to train", *config.teacher_networks}
    return words
