"""One training epoch, as in epoch.py: this version of embdistill and an older one, which had one thread by default.

The older one is in the folder EMBDISTILL_BEFORE: pip install --no-deps --target FOLDER of a checkout of it.
"""

import os
import sys

import epoch

RATIOS = {"times as fast as before": lambda name: "before"}
FACTS = {}


def races(folder):
    older = os.environ.get("EMBDISTILL_BEFORE") or sys.exit("set EMBDISTILL_BEFORE to the folder of an older version")
    for corpus in ("TREC", "SST-2"):
        for network in ("mean", "cnn", "lstm"):
            what = {"corpus": corpus, "network": network}
            yield what, {"now": ("ours", what | {"older": None}), "before": ("ours", what | {"older": older})}


def check(facts):
    losses = [found["loss"] for found in facts.values()]
    assert max(losses) < 1.05 * min(losses), f"they do not learn alike: {facts}"


def ours(corpus, network, older):
    if older:
        sys.path.insert(0, older)
    from embdistill.kernels.machine.threads import use_threads

    use_threads(1 if older else epoch.THREADS)
    dataset, learner = epoch.start(corpus, network)
    mine = learner(0)
    for _ in range(3):
        loss = mine.epoch(dataset.train, mine.config.batch)
    return {"loss": float(loss)}, lambda: mine.epoch(dataset.train, mine.config.batch) and None
