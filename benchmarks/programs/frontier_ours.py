"""Our images on the frontier: each is trained with the words that it has room for, the most important ones."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
from frontier_rivals import Fitted
from peers.data import VECTORS

from embdistill.api.inputs import read_dataset
from embdistill.data.dataset import Dataset
from embdistill.data.packed import UNKNOWN
from embdistill.export.edm import edm_bytes
from embdistill.export.sizes import most_words
from embdistill.kernels.machine.threads import use_threads
from embdistill.model.choices import COMBINATIONS
from embdistill.model.config import Config
from embdistill.model.edm import EdmModel
from embdistill.progress import silent
from embdistill.searching.arms import blank
from embdistill.searching.jobs import rank, teach
from embdistill.searching.pool import run_jobs
from embdistill.searching.search import REFERENCE
from embdistill.searching.space import SOFT, TEACHERS
from embdistill.training import experiment
from embdistill.training.checkpoint import Checkpoint
from embdistill.training.stages import student
from embdistill.training.stages import train as train_stage
from embdistill.training.teachers import teacher_configs
from embdistill.training.warm_up import warm_up

WORDS = 30_000  # of the vector file, besides those of the texts
LEAST_WORDS = 300
COMMON = Config(
    method=SOFT,
    teachers=len(TEACHERS),
    teacher_networks=TEACHERS,
    words=WORDS,
    # Nothing that reads misspelt words, since the test texts are clean:
    subwords=0,
    correct=False,
    spellings=0,
)
NETWORKS = [
    {"dim": 8, "filters": 32, "widths": [2, 3, 4]},
    {"dim": 8, "filters": 50, "widths": [2, 3, 4]},
    {"dim": 16, "filters": 50, "widths": [2, 3, 4]},
    {"dim": 16, "filters": 100, "widths": [3, 4, 5]},
    {"dim": 32, "filters": 100, "widths": [3, 4, 5]},
]
POSITION_DIMS = {32: 5, 50: 5, 100: 20}  # for relations, by the filters, which cover the positions too


class Ours:
    """Students of four teachers, as of `train --flash`."""

    title = "ours, .edm"
    seeded = True

    def __init__(self, corpus: str, task: dict, work: Path, workers: int):
        """task: parts by their names. work: where teachers and images are kept, and taken from if they are there."""
        use_threads(1)
        with silent():
            dataset = read_dataset(tuple(task["data"]), VECTORS, COMMON, tuple(task["dev"]))
        self.corpus, self.work = corpus, work
        self.dataset, self.ranked = _taught(dataset, work / f"{corpus}-teachers.npz", workers)
        warm_up(self.dataset, COMMON)

    def settings(self) -> list[dict]:
        found = [{"dtype": dtype, **network} for dtype, network in product(("int8", "int4"), NETWORKS)]
        if self.dataset.relations:
            return [settings | {"position_dim": POSITION_DIMS[settings["filters"]]} for settings in found]
        return found

    def fitted(self, settings: dict, sizes: Sequence[int], seed: int) -> Iterator[Fitted]:
        """An image for each of the sizes that has room for one, unless a smaller one has all words."""
        of_training = {name: value for name, value in settings.items() if name != "dtype"}
        config, dtype, before = replace(COMMON, **of_training, seed=seed), settings["dtype"], 0
        for size in sizes:
            words = most_words(blank(self.dataset, config), self.ranked, size, dtype)
            if words >= LEAST_WORDS and words != before:
                image = self._image(config, words, dtype)
                yield Fitted(size, words, len(image), EdmModel(image).predict)
            before = words

    def _image(self, config, words, dtype):
        name = (self.corpus, dtype, config.dim, config.filters, *config.widths, config.position_dim, words, config.seed)
        path = self.work / f"{'-'.join(map(str, name))}.edm"
        if not path.exists():
            dataset = self.dataset.with_words(np.sort(np.append(self.ranked[:words], UNKNOWN)))
            path.write_bytes(edm_bytes(_trained(dataset, config), dtype, common=0))
        return path.read_bytes()


def _trained(dataset, config):
    with silent():
        learner = student(dataset, config)
        train_stage(learner, "student", dataset, Checkpoint(None, {}))
    return replace(experiment.folded(learner, dataset), about=blank(dataset, config).about)


def _taught(dataset: Dataset, path: Path, workers: int) -> tuple[Dataset, np.ndarray]:
    """The dataset with the logits of the teachers, and the rows (n,) of its words, the most important ones first."""
    if not path.exists():
        teachers = teacher_configs(COMMON)
        for config in [*teachers, REFERENCE]:
            warm_up(dataset, config)
        *found, ranked = run_jobs([*((teach, each) for each in teachers), (rank, REFERENCE)], dataset, workers)
        logits = np.stack([each for each, _ in found])
        np.savez(path, targets=COMBINATIONS[COMMON.combine].load()(logits), ranked=ranked)
    kept = np.load(path)
    return replace(dataset, train=replace(dataset.train, targets=kept["targets"])), kept["ranked"]
