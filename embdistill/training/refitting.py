"""Training once more, on the train and dev splits together, once dev has shown for how many epochs."""

from collections.abc import Mapping
from dataclasses import replace

from embdistill.data.dataset import Dataset
from embdistill.model.config import Config
from embdistill.model.losses import sentence_weights
from embdistill.training.learner import Learner
from embdistill.training.stages import stages


def refit(dataset: Dataset, config: Config, epochs: Mapping[str, int]) -> list[Learner]:
    """The learners of all stages of a method, trained on train and dev, each for its number of `epochs`.

    dataset: with dev, and for a method that matches a teacher with targets of both splits. The weights are averaged
    over the epochs, as those that are measured on dev.
    """
    both = dataset.train.joined(dataset.dev)
    both = replace(both, weights=sentence_weights(both.labels, config.class_weights))
    learners = []
    for stage in stages(config):
        learner = stage.begin(dataset, config, learners[-1] if learners else None)
        for number in range(1, epochs[stage.name] + 1):
            learner.epoch(both, config.batch)
            learner.weights.update_average(first=number == 1)
        if epochs[stage.name]:
            learner.weights.keep_average()
            learner.weights.restore_best()
        learners.append(learner)
    return learners
