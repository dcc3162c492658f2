"""How the time of an epoch grows with the corpus, and that it does not with the vocabulary.

TREC, `encode`, d = 50: its sentences once, twice, four and eight times; then its sentences once, over tables with more
and more words that no sentence has. Fills results/scaling.json, docs/results/speed.md and its figure.
Run: EMBDISTILL_DATA=FOLDER python benchmarks/programs/scaling.py    (needs pip install '.[plot]')
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported; as the command line does

import json
import statistics
import time
from dataclasses import replace
from pathlib import Path

import fire
import numpy as np

from corpora import dataset_of
from embdistill.kernels.machine import threads
from embdistill.model.config import Config
from embdistill.training.learner import build_learner
from embdistill.training.warm_up import warm_up
from readme_table import ROOT, fill

RESULTS = Path(__file__).parents[1] / "results" / "scaling.json"
FIGURE = ROOT / "docs" / "figures" / "scaling.svg"
NETWORKS, TIMES, ROUNDS = ("mean", "cnn", "lstm"), (1, 2, 4, 8), 7


def repeated(dataset, times: int):
    """The task with its training sentences so many times."""
    order = np.tile(np.arange(dataset.train.packed.sentences), times)
    return replace(dataset, train=dataset.train.select(order))


def widened(dataset, times: int):
    """The task over a table so many times as large; the words that are added are in no sentence."""
    more = np.random.default_rng(0).normal(size=((times - 1) * len(dataset.vectors), dataset.vectors.shape[1]))
    return replace(dataset, vectors=np.concatenate([dataset.vectors, more.astype(np.float32)]))


def seconds(tasks: list, network: str) -> list[list[float]]:
    """Seconds of epochs on each of the tasks, which take turns."""
    config = Config(network=network)
    learners = [build_learner(dataset.vectors, len(dataset.labels), config) for dataset in tasks]
    found = [[] for _ in tasks]
    for turn in range(1 + ROUNDS):
        for taken, learner, dataset in zip(found, learners, tasks, strict=True):
            begun = time.perf_counter()
            learner.epoch(dataset.train, config.batch)
            if turn:  # the first warms up
                taken.append(time.perf_counter() - begun)
    return found


def measure():
    """Measure and write."""
    base = dataset_of("TREC").with_dev(0)
    threads.use_threads(threads.cores())
    rows = []
    for network in NETWORKS:
        warm_up(base, Config(network=network))
        for grown, make in (("tokens", repeated), ("words", widened)):
            tasks = [make(base, times) for times in TIMES]
            for times, dataset, taken in zip(TIMES, tasks, seconds(tasks, network), strict=True):
                sizes = {"tokens": len(dataset.train.packed.ids), "words": len(dataset.vectors)}
                rows.append({"network": network, "grown": grown, "times": times, **sizes, "seconds": taken})
    record = {"command": "EMBDISTILL_DATA=FOLDER python benchmarks/programs/scaling.py", "rows": rows}
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")
    fill("scaling", table(rows), "docs/results/speed.md")
    draw(rows)


def relative(rows: list[dict], network: str, grown: str) -> list[float]:
    """Median seconds of an epoch, that of the smallest being 1."""
    medians = [statistics.median(row["seconds"]) for row in rows if row["network"] == network and row["grown"] == grown]
    return [median / medians[0] for median in medians]


def spread(rows: list[dict], network: str, grown: str) -> list[str]:
    """Median, lowest and highest seconds of an epoch, over the median of the smallest."""
    found = [row["seconds"] for row in rows if row["network"] == network and row["grown"] == grown]
    one = statistics.median(found[0])
    return [f"{statistics.median(s) / one:.2f} ({min(s) / one:.2f} to {max(s) / one:.2f})" for s in found]


def table(rows: list[dict]) -> str:
    lines = [
        "| network | grown | " + " | ".join(f"{times}x" for times in TIMES) + " |",
        "|---|---|" + "---|" * len(TIMES),
    ]
    for network in NETWORKS:
        for grown in ("tokens", "words"):
            lines.append(f"| `{network}` | {grown} | {' | '.join(spread(rows, network, grown))} |")
    return "\n".join(lines)


def draw(rows: list[dict]) -> None:
    """The same as a figure."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "embdistill"  # the same bytes from the same numbers
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True, layout="constrained")
    for axis, grown in zip(axes, ("tokens", "words"), strict=True):
        axis.plot(TIMES, TIMES if grown == "tokens" else [1] * len(TIMES), "--", color="grey", label="expected")
        for network in NETWORKS:
            axis.plot(TIMES, relative(rows, network, grown), "o-", label=network)
        axis.set(xscale="log", yscale="log", xticks=TIMES, yticks=TIMES)
        axis.set_xticklabels(TIMES)
        axis.set_yticklabels(TIMES)
        axis.minorticks_off()
        axis.set_xlabel({"tokens": "tokens of the corpus, times", "words": "words of the table, times"}[grown])
    axes[0].set_ylabel("time of an epoch, times")
    axes[0].legend()
    FIGURE.parent.mkdir(exist_ok=True)
    figure.savefig(FIGURE, metadata={"Date": None})


if __name__ == "__main__":
    fire.Fire(measure)
