"""A search from inputs to its record: what the command line and the Python interface share."""

import time
from collections.abc import Callable, Container

import numpy as np

from embdistill.data.dataset import Dataset
from embdistill.data.prepare import Corpora
from embdistill.kernels.machine.threads import cores, use_threads
from embdistill.model.config import Config
from embdistill.model.unused import unused
from embdistill.progress import announce_compilation, say
from embdistill.searching import output
from embdistill.searching.arms import Limits
from embdistill.searching.search import Found, check_dev, search
from embdistill.searching.space import settings_to_try

Read = Callable[[Callable[[Corpora], None]], Dataset]


def search_within(
    limits: Limits, read: Read, config: Config, given: Container[str], workers: int | None, out: str
) -> tuple[Found, dict]:
    """The most accurate model within limits, and its record.

    read: the Dataset, from a check of its texts before the vectors are read. config: space.shared_settings. given: the
    settings that are not tried but taken. workers: processes, None: one a core. out: the name in the record. UserError
    if dev is too small, or nothing fits.
    """
    use_threads(1)  # of each process
    announce_compilation()
    begun = time.perf_counter()
    dataset = read(check_dev).with_dev(config.seed)
    configs = settings_to_try(config, given, dataset.relations)
    if line := unused(given, configs, dataset.relations):
        say(line)
    if config.select != "accuracy":
        say(f"--select {config.select} chooses the epoch alone; candidates are compared by their accuracy")
    found = search(dataset, config, configs, limits, workers or cores())
    if found.chosen.words == len(dataset.vocabulary) - 1 and not config.words:
        free = limits.budget.flash - found.chosen.flash
        say(f"{free:,} bytes of flash are free, since the texts have no more words; --words 5000 adds frequent ones")
    if config.class_weights == "none" and config.select == "accuracy" and not dataset.relations:
        _warn_of_chance(found.chosen.dev, dataset)
    return found, output.record_of(found, dataset, limits, out, {"search": time.perf_counter() - begun})


def _warn_of_chance(dev, dataset):
    """Say where a model of this dev accuracy has learnt nothing."""
    counts = np.bincount(dataset.dev.labels)
    share = 100 * counts.max() / counts.sum()
    if dev <= share:
        label = dataset.labels[counts.argmax()]
        always = f"to answer {label!r} always ({share:.1f} %)"
        say(f"warning: dev {dev:.1f} % is no better than {always}; give more texts or check the labels")
