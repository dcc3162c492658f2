"""Where the time of one training step goes, kernel by kernel: TREC and SST-2, `encode`, d = 50, default settings.

Run: EMBDISTILL_DATA=FOLDER python benchmarks/programs/step.py
Fills results/step.json and docs/results/speed.md. How far each kernel is from this machine's limits:
pytest benchmarks/timing/kernels
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported; as the command line does

import json
import sys
import time
from functools import update_wrapper
from pathlib import Path

import fire

from corpora import dataset_of
from embdistill.kernels.machine import threads
from embdistill.model.config import Config
from embdistill.training.learner import build_learner
from embdistill.training.warm_up import warm_up
from readme_table import fill

RESULTS = Path(__file__).parents[1] / "results" / "step.json"
CORPORA, NETWORKS, EPOCHS = ("TREC", "SST-2"), ("mean", "cnn", "lstm"), 5
REST = "Python and NumPy between them"


class Watch:
    """Stands in for a kernel and adds up its seconds."""

    def __init__(self, kernel):
        self.kernel, self.name, self.seconds = kernel, kernel.__name__, 0.0
        update_wrapper(self, kernel)

    def __call__(self, *arguments):
        begun = time.perf_counter()
        result = self.kernel(*arguments)
        self.seconds += time.perf_counter() - begun
        return result


def watched() -> list[Watch]:
    """Put a Watch in the place of every kernel that a module outside kernels/ names."""
    watches = {}
    for name, module in list(sys.modules.items()):
        if not name.startswith("embdistill.") or name.startswith("embdistill.kernels"):
            continue
        for attribute, thing in list(vars(module).items()):
            where = getattr(thing, "__module__", None) or ""
            if where.startswith("embdistill.kernels.") and ".machine" not in where and not isinstance(thing, type):
                setattr(module, attribute, watches.setdefault(id(thing), Watch(thing)))
    return list(watches.values())


def kernels_of(dataset, network: str, watches: list[Watch]) -> list[dict]:
    """The microseconds of a step that each kernel took, the longest first."""
    config = Config(network=network)
    warm_up(dataset, config)
    learner = build_learner(dataset.vectors, len(dataset.labels), config)
    learner.epoch(dataset.train, config.batch)
    steps = EPOCHS * -(-dataset.train.packed.sentences // config.batch)
    for watch in watches:
        watch.seconds = 0.0
    begun = time.perf_counter()
    for _ in range(EPOCHS):
        learner.epoch(dataset.train, config.batch)
    whole = time.perf_counter() - begun
    seconds = {watch.name: watch.seconds for watch in watches if watch.seconds}
    seconds[REST] = whole - sum(seconds.values())
    rows = [{"kernel": name, "microseconds": 1e6 * taken / steps} for name, taken in seconds.items()]
    return sorted(rows, key=lambda row: -row["microseconds"])


def measure():
    """Measure and write."""
    count = min(2, threads.cores())
    threads.use_threads(count)
    datasets = {corpus: dataset_of(corpus).with_dev(0) for corpus in CORPORA}
    for network in NETWORKS:
        warm_up(datasets["TREC"], Config(network=network))  # so that its modules are there
    watches, runs = watched(), []
    for corpus, dataset in datasets.items():
        for network in NETWORKS:
            runs.append({"corpus": corpus, "network": network, "kernels": kernels_of(dataset, network, watches)})
    RESULTS.write_text(json.dumps({"threads": count, "runs": runs}, indent=1) + "\n")
    fill("step", table(runs), "docs/results/speed.md")


def table(runs: list[dict]) -> str:
    """A line a kernel of a step of each network on each corpus."""
    lines = ["| corpus | network | kernel | microseconds a step | share |", "|---|---|---|---|---|"]
    for run in runs:
        whole = sum(row["microseconds"] for row in run["kernels"])
        for row in run["kernels"]:
            taken = f"{row['microseconds']:.0f} | {100 * row['microseconds'] / whole:.0f} %"
            lines.append(f"| {run['corpus']} | `{run['network']}` | {row['kernel']} | {taken} |")
    return "\n".join(lines)


if __name__ == "__main__":
    fire.Fire(measure)
