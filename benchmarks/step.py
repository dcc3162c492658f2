"""Where the time of one training step goes, kernel by kernel, and how far each is from this machine's limits.

TREC and SST-2, `encode`, d = 50, default settings; fills results/step.json, docs/performance.md and its roofline.
Run: EMBDISTILL_DATA=FOLDER python benchmarks/step.py    (needs pip install 'embdistill[plot]')
`PYTHONPATH=FOLDER python benchmarks/step.py before`, FOLDER being that of an older version (see peers/before.py), only
adds its profile to results/step.json.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported; as the command line does

import json
import sys
import time
from functools import update_wrapper
from pathlib import Path

import fire
import numba
import numpy as np
from search import task_of

from conftest import copy_rate, sgemm_rate
from embdistill.kernels.machine import threads
from embdistill.model.config import Config
from embdistill.training.learner import Learner, build_learner
from embdistill.training.warm_up import warm_up
from readme_table import ROOT, fill

RESULTS = Path(__file__).parent / "results" / "step.json"
FIGURE = ROOT / "docs" / "figures" / "roofline.svg"
PAGE = "docs/performance.md"
TITLES, NETWORKS, EPOCHS = {"trec": "TREC", "sst2": "SST-2"}, ("mean", "cnn", "lstm"), 5
COUNTED = 7  # of so many calls of a kernel, the operations of one are counted; no multiple of the calls of a step


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
        if self.calls % COUNTED == 1:  # counting takes longer than many a kernel
            self.flops += COUNTED * FLOPS.get(self.name, lambda *_: 0)(*arguments)
            self.bytes += COUNTED * MOVED.get(self.name, _all_bytes)(*arguments)
        return result


def _all_bytes(*arguments):
    return sum(argument.nbytes for argument in arguments if isinstance(argument, np.ndarray))


def _recurrent_flops(states, recurrent):
    return 2 * states.shape[1] * recurrent.size


def _windows(dweight, dbias, dtokens, dpooled, pooled, position, tokens, weight, offsets, widths, pieces):
    """A product and a sum for each number of each window that passes a gradient on, to the weight and to the tokens."""
    passed = ((pooled > 0) & (dpooled != 0)).sum(axis=0).reshape(len(widths), -1).sum(axis=1)
    return int(4 * weight.shape[1] * (passed @ widths))


# Floating-point operations of the products; what is not named here has none worth counting.
FLOPS = {
    "matmul": lambda out, a, b, pieces: 2 * a.size * b.shape[1],
    "matmul_transposed": lambda out, a, b, pieces: 2 * a.size * b.shape[0],
    "transposed_matmul": lambda out, a, b, pieces: 2 * a.size * b.shape[1],
    "gather_matmul": lambda product, out, table, rows, weight, pieces: 2 * out.size * weight.shape[0],
    "linear_forward": lambda out, inputs, weight, bias: 2 * inputs.size * len(weight),
    "linear_backward": lambda dinputs, dweight, dbias, dout, inputs, weight: 4 * inputs.size * len(weight),
    "conv_max_forward": lambda pooled, position, inputs, weight, *_: 2 * inputs.size * len(weight),
    "conv_max_backward": _windows,
    "lstm_forward": lambda states, cells, gates, products, bias, recurrent, *_: _recurrent_flops(states, recurrent),
    "lstm_backward": lambda *arguments: 2 * _recurrent_flops(arguments[8], arguments[9]),
}
# Bytes of arrays read and written, each once; of whole tables only the rows that are used.
MOVED = {
    "gather_rows": lambda out, *_: 2 * out.nbytes,
    "gather_matmul": lambda product, out, table, rows, weight, pieces: product.nbytes + 3 * out.nbytes + weight.nbytes,
    "pick": lambda words, local, *_: words.nbytes + 2 * local.nbytes,
}


CALLED_THROUGH_THEIR_MODULE = {
    "matmul": ("matmul", "matmul_transposed", "transposed_matmul"),
    "gather": ("gather_matmul",),
    "batches": ("pick",),  # in older versions
}


def watched() -> list[Watch]:
    """Put a Watch in the place of every kernel that the modules of embdistill name."""
    watches = {}

    def watch(thing):
        if type(thing) is tuple:
            return tuple(map(watch, thing))
        kernel = callable(thing) and (getattr(thing, "__module__", None) or "").startswith("embdistill.kernels")
        return watches.setdefault(id(thing), Watch(thing)) if kernel and thing.__name__ not in ("pieces",) else thing

    modules = [module for name, module in sys.modules.items() if name.startswith("embdistill")]
    for module in modules:
        if not module.__name__.startswith("embdistill.kernels"):
            for name, thing in list(vars(module).items()):
                if isinstance(thing, dict):
                    thing.update({k: watch(v) for k, v in thing.items()})
                else:
                    setattr(module, name, watch(thing))
    for module, names in CALLED_THROUGH_THEIR_MODULE.items():
        module = sys.modules[f"embdistill.kernels.{module}"]
        for name in names:
            if hasattr(module, name):
                setattr(module, name, watch(getattr(module, name)))
    return list(watches.values())


def learner_of(dataset, network: str) -> Learner:
    """A learner that has warmed up."""
    config = Config(network=network)
    warm_up(dataset, config)
    learner = build_learner(dataset.vectors, len(dataset.labels), config)
    learner.epoch(dataset.train, config.batch)
    return learner


def kernels_of(dataset, network: str, steps: int, watches: list[Watch]) -> list[dict]:
    """What each kernel took in a step, the longest first, while it was watched; calls and sizes are those of a step."""
    learner = learner_of(dataset, network)
    for watch in watches:
        watch.reset()
    begun = time.perf_counter()
    for _ in range(EPOCHS):
        learner.epoch(dataset.train, learner.config.batch)
    whole = time.perf_counter() - begun
    names = {name: [watch for watch in watches if watch.name == name] for name in {watch.name for watch in watches}}
    rows = [
        {
            "kernel": name,
            "microseconds": 1e6 * sum(watch.seconds for watch in same) / (EPOCHS * steps),
            "threads": max(numba.get_num_threads() if hasattr(watch.kernel, "piece") else 1 for watch in same),
            "flops": sum(watch.flops for watch in same) / (EPOCHS * steps),
            "bytes": sum(watch.bytes for watch in same) / (EPOCHS * steps),
        }
        for name, same in names.items()
        if any(watch.calls for watch in same)
    ]
    rest = 1e6 * whole / (EPOCHS * steps) - sum(row["microseconds"] for row in rows)
    rows.append({"kernel": "Python and NumPy between them", "microseconds": rest, "threads": 1, "flops": 0, "bytes": 0})
    return sorted(rows, key=lambda row: -row["microseconds"])


def measure(label: str = "now"):
    """Measure and write. label: `now`, or another word for an older version."""
    count = min(2, os.cpu_count()) if label == "now" else 1  # the defaults of then and now
    threads.use_threads(count)
    if label != "now":  # older kernels may take other arguments
        FLOPS.clear()
        MOVED.clear()
    runs = [(corpus, network) for corpus in TITLES for network in NETWORKS]
    tasks = {corpus: task_of(corpus).with_dev(0) for corpus in TITLES}
    for network in NETWORKS:
        learner_of(tasks["trec"], network)  # so that its modules are there
    watches, rows = watched(), []
    for corpus, network in runs:
        steps = -(-tasks[corpus].train.packed.sentences // Config().batch)
        kernels = kernels_of(tasks[corpus], network, steps, watches)
        rows.append({"corpus": corpus, "network": network, "steps": steps, "kernels": kernels})
    record = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    record[label] = {"threads": count, "runs": rows}
    if label == "now":
        record["now"] |= {"sgemm": sgemm_rate(), "copy": copy_rate()}
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")
    if label == "now":
        fill("step", kernel_table(record["now"]), PAGE)
        if "before" in record:
            fill("profile", profile_table(record), PAGE)
        draw(record["now"])


def kernel_table(now: dict) -> str:
    """Kernels of a step of each network on TREC, and the share of the limit that each reaches."""
    lines = [
        f"The limits of one thread: sgemm {now['sgemm'] / 1e9:.0f} GFLOP/s, copying {now['copy'] / 1e9:.0f} GB/s.",
        "",
        "| network | kernel | threads | microseconds a step | MFLOP | MB | limit | share of it |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for run in now["runs"]:
        if run["corpus"] != "trec":
            continue
        for row in run["kernels"]:
            limits = [now[limit] * row["threads"] / 1e6 for limit in ("sgemm", "copy")]
            computing, moving = row["flops"] / limits[0], row["bytes"] / limits[1]
            bound = "sgemm" if computing > moving else "copy"
            share = f"{bound} | {100 * max(computing, moving) / row['microseconds']:.0f} %" if row["bytes"] else " | "
            lines.append(
                f"| `{run['network']}` | {row['kernel']} | {row['threads']} | {row['microseconds']:.0f} "
                f"| {row['flops'] / 1e6:.1f} | {row['bytes'] / 1e6:.2f} | {share} |"
            )
    return "\n".join(lines)


def profile_table(record: dict) -> str:
    """What took longest in a step, in an older version and now."""
    lines = ["| corpus | network | before | now |", "|---|---|---|---|"]
    for before, now in zip(record["before"]["runs"], record["now"]["runs"], strict=True):
        lines.append(f"| {TITLES[now['corpus']]} | `{now['network']}` | {longest(before)} | {longest(now)} |")
    return "\n".join(lines)


def longest(run: dict) -> str:
    whole = sum(row["microseconds"] for row in run["kernels"])
    return ", ".join(f"{row['kernel']} {100 * row['microseconds'] / whole:.0f} %" for row in run["kernels"][:4])


def draw(now: dict) -> None:
    """The roofline (Williams, Waterman & Patterson 2009): operations a second over operations a byte."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "embdistill"  # the same bytes from the same numbers
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7, 4.5), layout="constrained")
    sgemm, copy = (now["threads"] * now[limit] / 1e9 for limit in ("sgemm", "copy"))
    axis.loglog([0.2, sgemm / copy, 200], [0.2 * copy, sgemm, sgemm], color="grey")
    named = set()
    for run, marker in zip((run for run in now["runs"] if run["corpus"] == "trec"), "os^", strict=True):
        for row in run["kernels"]:
            if row["flops"]:
                x, y = row["flops"] / row["bytes"], row["flops"] / row["microseconds"] / 1e3
                axis.plot(x, y, marker, color="C" + str("os^".index(marker)))
                if row["kernel"] not in named:
                    axis.annotate(row["kernel"], (x, y), xytext=(4, 4), textcoords="offset points", fontsize=7)
                named.add(row["kernel"])
        axis.plot([], [], marker, color="C" + str("os^".index(marker)), label=run["network"])
    axis.set(xlabel="floating-point operations a byte", ylabel="GFLOP/s")
    axis.legend()
    FIGURE.parent.mkdir(exist_ok=True)
    figure.savefig(FIGURE, metadata={"Date": None})


if __name__ == "__main__":
    fire.Fire(measure)
