"""Comparisons that take a moment, and records as runs leave them."""

import json
from concurrent.futures import ThreadPoolExecutor

from embdistill.comparison.compare import compare
from embdistill.comparison.plan import Grid
from embdistill.comparison.runs_file import RUNS
from embdistill.comparison.workers import hand_over
from embdistill.model.config import Config

CONFIG = Config(dim=4, filters=5, hidden=6, epochs=2, batch=8, network="mean")
METHODS = ["direct", "encode"]


def grid(methods=METHODS, dims=(4,), seeds=(0, 1), folds=None, typos=None):
    return Grid(methods, dims, seeds, folds, typos)


def in_this_process(workers, dataset):
    """An executor without processes, for tests that do not need them."""
    hand_over(dataset)
    return ThreadPoolExecutor(1)


def quick(dataset, folder, config=CONFIG, command="", **axes):
    """The records of a comparison in this process. axes: of the grid."""
    return compare(dataset, config, grid(**axes), folder, 1, in_this_process, command)


def entries(folder):
    return [json.loads(line) for line in (folder / RUNS).read_text().splitlines()]


def digests(records):
    return {(r["method"], r["dim"], r["seed"], r["fold"]): r["weights_sha256"] for r in records}


def record(method, seed, accuracy, fold=None, dim=4, **test):
    """A record with what the statistics read."""
    return {
        "method": method,
        "network": "mean",
        "dim": dim,
        "seed": seed,
        "fold": fold,
        "config": {"words": 0, "transductive": False},
        "dev": {"accuracy": accuracy + 1},
        "test": {"accuracy": accuracy, "macro_f1": 0.0, **test},
        "bytes": {"table": 10, "network": 5, "total": 20},
        "seconds": {"train": 2.0 + seed},
        "microseconds": {"predict": float(seed)},
        "sentences": {"train": 90, "test": 10},
    }


ENCODE, DIRECT = [91.0, 92.5, 90.5, 93.0, 91.5], [90.0, 90.5, 90.0, 91.5, 91.0]


def paired_records():
    """Five pairs of runs with the scores ENCODE and DIRECT."""
    return [r for i in range(5) for r in (record("encode", i, ENCODE[i]), record("direct", i, DIRECT[i]))]
