"""Where the time of one training step goes, kernel by kernel, and how far each is from this machine's limits.

TREC and SST-2, `encode`, d = 50, default settings; fills results/step.json, docs/performance.md and its roofline.
Run: EMBDISTILL_DATA=FOLDER python benchmarks/step.py
With a word in front (`step.py before`), in an environment with an older embdistill, only the times go to results/step.json,
under that word, and docs/performance.md shows them beside those of now.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported; as the command line does

import json
import statistics
import sys
import time
from functools import update_wrapper
from pathlib import Path

import fire
import numpy as np
from search import task_of

from conftest import copy_rate, sgemm_rate
from embdistill import threads
from embdistill.config import Config
from embdistill.experiment import warm_up
from embdistill.training import Learner
from readme_table import ROOT

RESULTS = Path(__file__).parent / "results" / "step.json"
FIGURE = ROOT / "docs" / "figures" / "roofline.svg"
PAGE = "docs/performance.md"
CORPORA, NETWORKS, EPOCHS = ("trec", "sst2"), ("mean", "cnn", "lstm"), 5


class Watch:
    """Stands in for a kernel: counts its calls, seconds, floating-point operations and bytes."""

    def __init__(self, kernel):
        self.kernel, self.name = kernel, kernel.__name__
        update_wrapper(self, kernel)
        self.reset()

    def reset(self):
        self.calls, self.seconds, self.flops, self.bytes = 0, 0.0, 0, 0

    def __call__(self, *arguments):
        begun = time.perf_counter()
        result = self.kernel(*arguments)
        self.seconds += time.perf_counter() - begun
        self.calls += 1
        self.flops += FLOPS.get(self.name, lambda *_: 0)(*arguments)
        self.bytes += MOVED.get(self.name, _all_bytes)(*arguments)
        return result


def _all_bytes(*arguments):
    return sum(argument.nbytes for argument in arguments if isinstance(argument, np.ndarray))


def _recurrent_flops(states, recurrent):
    return 2 * states.shape[1] * recurrent.size


def _windows(dweight, dbias, dtokens, dpooled, pooled, position, tokens, weight, offsets, widths, pieces):
    """Two products and two sums for each number of each window that passes a gradient on, once for weight and vectors."""
    passed = ((pooled > 0) & (dpooled != 0)).sum(axis=0).reshape(len(widths), -1).sum(axis=1)
    return int(4 * weight.shape[1] * (passed @ widths))


# Floating-point operations of the products; what is not named here has none worth counting.
FLOPS = {
    "matmul": lambda out, a, b, pieces: 2 * a.size * b.shape[1],
    "transposed_matmul": lambda parts, a, b, pieces: 2 * a.size * b.shape[1],
    "conv_max_backward": _windows,
    "lstm_forward": lambda states, cells, gates, products, bias, recurrent, *_: _recurrent_flops(states, recurrent),
    "lstm_backward": lambda a, b, c, dstates, *rest: 2 * _recurrent_flops(dstates, rest[3]),
}
# Bytes of arrays read and written, each once; of whole tables only the rows that are used.
MOVED = {
    "gather_rows": lambda out, *_: 2 * out.nbytes,
    "distinct": lambda words, local, slot, ids: 3 * ids.nbytes,
    "pack": lambda out_ids, *_: 2 * out_ids.nbytes,
    "count_tokens": lambda offsets, order: 3 * order.nbytes,
}


def watched() -> list[Watch]:
    """Put a Watch in the place of every kernel that the modules of embdistill name."""
    watches = {}

    def watch(thing):
        kernel = callable(thing) and (getattr(thing, "__module__", None) or "").startswith("embdistill.kernels")
        return watches.setdefault(id(thing), Watch(thing)) if kernel and thing.__name__ not in ("pieces",) else thing

    modules = [module for name, module in sys.modules.items() if name.startswith("embdistill")]
    for module in modules:
        if not module.__name__.startswith("embdistill.kernels"):
            for name, thing in list(vars(module).items()):
                if isinstance(thing, dict):
                    thing.update({k: tuple(map(watch, v)) for k, v in thing.items() if isinstance(v, tuple)})
                else:
                    setattr(module, name, watch(thing))
    from embdistill.kernels import matmul  # embdistill.threads calls them through their module

    for name in ("matmul", "transposed_matmul"):
        setattr(matmul, name, watch(getattr(matmul, name)))
    return list(watches.values())


def profile(corpus: str, network: str, count: int) -> dict:
    """Median microseconds of a step as it is, and of each kernel in it while watched."""
    task, config = task_of(corpus).with_dev(0), Config(network=network)
    threads.use_threads(count)
    warm_up(task, config)
    learner = Learner(task.vectors, len(task.labels), config)
    steps = -(-task.train.packed.sentences // config.batch)
    learner.epoch(task.train, config.batch)
    epochs = []
    for _ in range(EPOCHS):
        begun = time.perf_counter()
        learner.epoch(task.train, config.batch)
        epochs.append(time.perf_counter() - begun)
    return {"threads": count, "steps": steps, "epoch": statistics.median(epochs), "learner": learner, "task": task}


def kernels_of(run: dict, watches: list[Watch]) -> list[dict]:
    """What each kernel took in a step, the longest first."""
    for watch in watches:
        watch.reset()
    learner, task = run.pop("learner"), run.pop("task")
    for _ in range(EPOCHS):
        learner.epoch(task.train, learner.config.batch)
    steps = EPOCHS * run["steps"]
    rows = [
        {
            "kernel": watch.name,
            "microseconds": 1e6 * watch.seconds / steps,
            "flops": watch.flops / steps,
            "bytes": watch.bytes / steps,
        }
        for watch in watches
        if watch.calls
    ]
    return sorted(rows, key=lambda row: -row["microseconds"])


def measure(label: str = "now"):
    """Measure and write."""
    count = 2 if label == "now" else 1
    runs = {(c, n): profile(c, n, count) for c in CORPORA for n in NETWORKS}
    watches = watched()
    record = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    record[label] = {
        "sgemm": sgemm_rate() if label == "now" else None,
        "copy": copy_rate(),
        "runs": [
            {"corpus": c, "network": n, "kernels": kernels_of(run, watches), **run} for (c, n), run in runs.items()
        ],
    }
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    fire.Fire(measure)
