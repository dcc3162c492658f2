"""Our images on the frontier: each is trained with the words that it has room for, the most important ones."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
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
from embdistill.searching.space import SHARED, SOFT2, TEACHERS
from embdistill.training import experiment
from embdistill.training.checkpoint import Checkpoint
from embdistill.training.stages import student
from embdistill.training.stages import train as train_stage
from embdistill.training.teachers import teacher_configs
from embdistill.training.warm_up import warm_up

WORDS = 30_000  # of the vector file, besides those of the texts
LEAST_WORDS = 300
COMMON = Config(
    method=SOFT2,
    temperature=SHARED["temperature"],
    units=SHARED["units"],
    teachers=len(TEACHERS),
    teacher_networks=TEACHERS,
    words=WORDS,
    # Nothing that reads misspelt words, since the test texts are clean:
    subwords=0,
    correct=False,
    spellings=0,
)
DTYPE = "int4"  # which loses next to nothing (docs/results/dtypes.md)
NETWORKS = [  # narrow filters for topics, wide ones for opinions
    {"dim": 8, "filters": 24, "widths": [1, 2, 3]},
    {"dim": 8, "filters": 24, "widths": [3, 4, 5]},
    {"dim": 16, "filters": 50, "widths": [1, 2, 3]},
    {"dim": 16, "filters": 50, "widths": [3, 4, 5]},
    {"dim": 16, "filters": 100, "widths": [3, 4, 5]},
    {"dim": 32, "filters": 100, "widths": [3, 4, 5]},
    {"dim": 32, "filters": 200, "widths": [1, 2, 3]},
]
FOR_RELATIONS = [  # with narrow position vectors where there are few filters, which cover them too
    {"dim": 8, "filters": 16, "position_dim": 5},
    {"dim": 8, "filters": 24, "position_dim": 5},
    {"dim": 16, "filters": 50, "position_dim": 5},
    {"dim": 16, "filters": 100, "position_dim": 20},
    {"dim": 32, "filters": 100, "position_dim": 20},
]


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
        return FOR_RELATIONS if self.dataset.relations else NETWORKS

    def fitted(self, settings: dict, sizes: Sequence[int], seed: int) -> Iterator[Fitted]:
        """An image for each of the sizes that has room for one, unless a smaller one has all words."""
        config, before = replace(COMMON, **settings, seed=seed), 0
        for size in sizes:
            words = most_words(blank(self.dataset, config), self.ranked, size, DTYPE)
            if words >= LEAST_WORDS and words != before:
                image = self._image(config, words)
                yield Fitted(size, words, len(image), EdmModel(image).predict)
            before = words

    def _image(self, config, words):
        name = (self.corpus, config.dim, config.filters, *config.widths, config.position_dim, words, config.seed)
        path = self.work / f"{'-'.join(map(str, name))}.edm"
        if not path.exists():
            dataset = self.dataset.with_words(np.sort(np.append(self.ranked[:words], UNKNOWN)))
            path.write_bytes(edm_bytes(_trained(dataset, config), DTYPE, common=0))
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
