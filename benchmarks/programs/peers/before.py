"""One training epoch, as in epoch.py: this version of embdistill beside commit 7404542, before the redesign.

That one is in the folder EMBDISTILL_BEFORE: pip install --no-deps --target FOLDER of a checkout of it.
"""

import os
import sys

import epoch
from contest import THREADS
from data import VECTORS, given

RATIOS = {"times as fast as before": lambda name: "before"}
FACTS = {}


def races(folder):
    older = os.environ.get("EMBDISTILL_BEFORE") or sys.exit("set EMBDISTILL_BEFORE to the folder of commit 7404542")
    for corpus in ("TREC", "SST-2"):
        for network in ("mean", "cnn", "lstm"):
            what = {"corpus": corpus, "network": network}
            yield what, {"now": ("now", what), "before": ("before", what | {"folder": older})}


def check(facts):
    losses = [found["loss"] for found in facts.values()]
    assert max(losses) < 1.05 * min(losses), f"they do not learn alike: {facts}"


def now(corpus, network):
    from embdistill.kernels.machine.threads import use_threads

    use_threads(THREADS)
    dataset, learner = epoch.start(corpus, network)
    return _epochs(learner(0), dataset)


def before(corpus, network, folder):
    sys.path.insert(0, folder)
    from embdistill.config import Config
    from embdistill.task import prepare
    from embdistill.threads import use_threads
    from embdistill.training import Learner

    use_threads(THREADS)
    task = prepare(**{"dev": None, **given(corpus)}, vectors=VECTORS, config=Config()).with_dev(0)
    return _epochs(Learner(task.vectors, len(task.labels), Config(network=network)), task)


def _epochs(learner, dataset):
    for _ in range(3):
        loss = learner.epoch(dataset.train, learner.config.batch)
    return {"loss": float(loss)}, lambda: learner.epoch(dataset.train, learner.config.batch) and None
