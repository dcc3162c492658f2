"""One training epoch, `encode`, d = 50, default settings: ours and PyTorch's, from the same weights.

Before, both are trained by one rule from several seeds: until as many epochs as our default patience have not been
better on dev. Their best dev accuracies are compared. Neither averages its weights over the epochs here.
"""

import statistics

from contest import THREADS
from data import VECTORS, given

SEEDS = 2
WITHIN = (
    0.5  # points of dev accuracy that ours may be below PyTorch's, beyond twice the standard error of the difference
)
OURS, PYTORCH, DISTINCT = "embdistill", "PyTorch", "PyTorch, distinct words encoded once"
RATIOS = {"times as fast as PyTorch": lambda name: PYTORCH, f"times as fast as {DISTINCT}": lambda name: DISTINCT}
FACTS = {"dev accuracy, trained": ("accuracy", "{:.1f} %")}


def races(folder):
    for corpus in ("TREC", "SST-2"):
        for network in ("mean", "cnn", "lstm"):
            what = {"corpus": corpus, "network": network}
            pytorch = {PYTORCH: False, DISTINCT: True}
            rivals = {name: ("pytorch", what | {"distinct": distinct}) for name, distinct in pytorch.items()}
            yield what, {OURS: ("ours", what), **rivals}


def check(facts):
    ours, theirs = facts[OURS]["accuracies"], facts[PYTORCH]["accuracies"]
    gaps = [theirs - ours for ours, theirs in zip(ours, theirs, strict=True)]
    error = statistics.stdev(gaps) / len(gaps) ** 0.5
    assert statistics.mean(gaps) - 2 * error <= WITHIN, f"dev accuracy: embdistill {ours} %, PyTorch {theirs} %"


def start(corpus, network):
    """The task, and a function from a seed to a learner."""
    from embdistill.data.prepare import prepare
    from embdistill.model.config import Config
    from embdistill.training.learner import build_learner

    dataset = prepare(**{"dev": None, **given(corpus)}, vectors=VECTORS, config=Config()).with_dev(0)
    return dataset, lambda seed: build_learner(dataset.vectors, len(dataset.labels), Config(network=network, seed=seed))


def best(begin, config, dev) -> dict:
    """The best dev accuracy of each seed, and their mean. begin: from a seed to (epoch, logits of the dev part)."""
    found = []
    for seed in range(SEEDS):
        epoch, logits = begin(seed)
        reached = [0.0]  # after 0 epochs, 1, 2, ...
        while len(reached) <= config.epochs and len(reached) <= reached.index(max(reached)) + config.patience:
            epoch()
            reached.append(100 * float((logits().argmax(1) == dev.labels).mean()))
        found.append(max(reached))
    return {"accuracy": statistics.mean(found), "accuracies": found}


def ours(corpus, network):
    from embdistill.kernels.machine.threads import use_threads

    use_threads(THREADS)
    dataset, learner = start(corpus, network)

    def begin(seed):
        mine = learner(seed)
        return lambda: mine.epoch(dataset.train, mine.config.batch) and None, lambda: mine.logits(dataset.dev.packed)

    return best(begin, learner(0).config, dataset.dev), begin(0)[0]


def pytorch(corpus, network, distinct):
    import numpy as np
    import torch
    from pytorch import Classifier, Trainer, bucketed

    torch.set_num_threads(THREADS)
    dataset, learner = start(corpus, network)

    def begin(seed):
        mine = learner(seed)
        classifier = Classifier(dataset.vectors, mine.config, len(dataset.labels), distinct)
        classifier.load(mine.parameters.values)
        trainer = Trainer(classifier, mine.config.rate)
        # The same network from the same weights, or two different things are compared.
        np.testing.assert_allclose(trainer.logits(dataset.dev), mine.logits(dataset.dev.packed), rtol=1e-3, atol=1e-4)
        torch.manual_seed(seed)
        batches, order = bucketed(dataset.train, mine.config.batch), np.random.default_rng(seed)
        return lambda: trainer.epoch(batches, order.permutation(len(batches))), lambda: trainer.logits(dataset.dev)

    facts = {} if distinct else best(begin, learner(0).config, dataset.dev)
    return facts, begin(0)[0]
