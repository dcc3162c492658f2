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
from embdistill.searching.space import SHARED, SOFT
from embdistill.training import experiment
from embdistill.training.checkpoint import Checkpoint
from embdistill.training.stages import student
from embdistill.training.stages import train as train_stage
from embdistill.training.teachers import teacher_configs
from embdistill.training.warm_up import warm_up

K = 1024
WORDS = 30_000  # of the vector file, besides those of the texts
LEAST_WORDS = 200
# Without what reads misspelt words, since the test texts are clean.
COMMON = Config(**SHARED, method=SOFT, words=WORDS, correct=False, spellings=0)
TRIED = [  # settings, and the sizes between which they are tried
    ({"network": "cnn", "dim": 4, "filters": 32, "widths": [2, 3, 4]}, 16 * K, 32 * K),
    ({"network": "cnn", "dim": 8, "filters": 32, "widths": [2, 3, 4]}, 16 * K, 32 * K),
    ({"network": "cnn", "dim": 8, "filters": 50, "widths": [2, 3, 4]}, 16 * K, 512 * K),
    ({"network": "cnn", "dim": 16, "filters": 50, "widths": [2, 3, 4]}, 32 * K, 256 * K),
    ({"network": "cnn", "dim": 16, "filters": 100, "widths": [3, 4, 5]}, 128 * K, 512 * K),
    ({"network": "cnn", "dim": 32, "filters": 100, "widths": [3, 4, 5]}, 256 * K, 512 * K),
]
TRIED_FOR_RELATIONS = [  # whose positions make filters larger
    ({"network": "cnn", "dim": 8, "filters": 24, "widths": [2, 3], "position_dim": 5}, 16 * K, 32 * K),
    ({"network": "cnn", "dim": 8, "filters": 32, "widths": [2, 3, 4], "position_dim": 5}, 16 * K, 64 * K),
    ({"network": "cnn", "dim": 8, "filters": 50, "widths": [2, 3, 4], "position_dim": 5}, 32 * K, 128 * K),
    ({"network": "cnn", "dim": 16, "filters": 50, "widths": [2, 3, 4], "position_dim": 10}, 64 * K, 256 * K),
    ({"network": "cnn", "dim": 16, "filters": 100, "widths": [3, 4, 5], "position_dim": 10}, 128 * K, 512 * K),
    ({"network": "cnn", "dim": 32, "filters": 100, "widths": [3, 4, 5], "position_dim": 20}, 256 * K, 512 * K),
]


class Ours:
    """Students of four teachers, as `train --flash` trains them."""

    title = "ours, .edm"
    seeded = True

    def __init__(self, corpus: str, task: dict, work: Path, workers: int):
        """task: parts by their names. work: where teachers and images are kept, and taken from if they are there."""
        use_threads(1)
        with silent():
            dataset = read_dataset(tuple(task["data"]), VECTORS, COMMON, tuple(task["dev"]))
        self.corpus, self.work = corpus, work
        self.tried = TRIED_FOR_RELATIONS if dataset.relations else TRIED
        self.dataset, self.ranked = _taught(dataset, work / f"{corpus}-teachers.npz", workers)
        for settings in self.settings():
            warm_up(self.dataset, self._config(settings, 0))

    def settings(self) -> list[dict]:
        return [settings for settings, _, _ in self.tried]

    def fitted(self, settings: dict, sizes: Sequence[int], seed: int) -> Iterator[Fitted]:
        """An image for each of the sizes at which these settings are tried, unless a smaller one has all words."""
        _, least, most = next(each for each in self.tried if each[0] == settings)
        config, before = self._config(settings, seed), 0
        for size in sizes:
            words = most_words(blank(self.dataset, config), self.ranked, size, "int8")
            if least <= size <= most and words >= LEAST_WORDS and words != before:
                image = self._image(config, words)
                yield Fitted(size, words, len(image), EdmModel(image).predict)
            before = words

    @staticmethod
    def _config(settings, seed):
        return replace(COMMON, **settings, seed=seed)

    def _image(self, config, words):
        settings = (config.network, config.dim, config.filters, *config.widths, config.position_dim)
        path = self.work / f"{'-'.join(map(str, (self.corpus, *settings, words, 'words', config.seed)))}.edm"
        if not path.exists():
            path.write_bytes(self._trained(config, words))
        return path.read_bytes()

    def _trained(self, config, words):
        dataset = self.dataset.with_words(np.sort(np.append(self.ranked[:words], UNKNOWN)))
        with silent():
            learner = student(dataset, config)
            train_stage(learner, "student", dataset, Checkpoint(None, {}))
        model = experiment.folded(learner, dataset)
        return edm_bytes(replace(model, about=blank(dataset, config).about), "int8", common=0)


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
