"""Whole trainings of `mean` on SST-2, each a process from start to exit, the reading of the vectors included.

All score the test part. fastText reads tokens made before; the others read raw texts. Both read the same vectors as
plain text; the settings of fastText are those that did best on dev.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from itertools import product
from pathlib import Path

from contest import THREADS
from data import OURS, VECTORS, examples, fasttext_file, plain_vectors, quietly, train

CORPUS = "SST-2"
GRID = list(product((2, 5, 10, 25), (0.05, 0.1, 0.25, 0.5)))  # fastText: epochs, learning rate
SEEDS = 5  # of fastText: the test accuracy is the mean
MINE, FASTTEXT, TFIDF = "embdistill", "fastText, same vectors", "TF-IDF, logistic regression"
RATIOS = {
    "times as fast as fastText, same vectors": lambda name: FASTTEXT,
    "times as fast as TF-IDF": lambda name: TFIDF,
}
FACTS = {"test accuracy": ("accuracy", "{:.1f} %")}


def races(folder):
    yield (
        {"corpus": CORPUS, "network": "mean"},
        {
            MINE: ("ours", {"folder": folder}),
            "embdistill, vectors packed (.gz)": ("ours", {"folder": folder, "packed": True}),
            "embdistill, stopped at its best epoch": ("ours", {"folder": folder, "stopped": True}),
            FASTTEXT: ("fasttext", {"folder": folder}),
            TFIDF: ("tfidf", {}),
        },
    )


def check(facts):
    ours, theirs = facts[MINE]["accuracy"], facts[FASTTEXT]["accuracy"]
    assert ours > theirs, f"test accuracy: embdistill {ours:.1f} %, fastText {theirs:.1f} %"


def process(words):
    """Run a command from start to exit; the JSON that it printed, and seconds and memory."""
    begun = time.perf_counter()
    child = subprocess.Popen(words, stdout=-1, stderr=subprocess.DEVNULL)
    printed = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds, child.returncode = time.perf_counter() - begun, os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, f"{words}: exit code {child.returncode}"
    return json.loads(printed), {"seconds": seconds, "memory": 1024 * usage.ru_maxrss}


def timed(words):
    return lambda: process(words)[1]


def ours(folder, packed=False, stopped=False):
    out = Path(folder) / f"{packed}{stopped}.h5"
    words = train(CORPUS, "mean", out, VECTORS if packed else plain_vectors(folder))
    accuracy = process(words)[0]["test"]["accuracy"]
    if stopped:
        history = json.loads(quietly([*OURS, "info", str(out), "--json"]))["history"]
        best = max(history, key=lambda epoch: (epoch["dev_accuracy"], -epoch["dev_loss"]))
        words += ["--epochs", str(best["number"])]
        assert process(words)[0]["test"]["accuracy"] == accuracy, "stopped at another epoch than the best"
    return {"accuracy": accuracy}, timed(words)


def fasttext(folder):
    data, dev, test = (fasttext_file(CORPUS, part, folder) for part in ("data", "dev", "test"))

    def words(asked, epochs, rate, seed=0):
        settings = [data, asked, plain_vectors(folder), epochs, rate, seed]
        return [sys.executable, __file__, *map(str, settings)]

    settings = max(GRID, key=lambda settings: process(words(dev, *settings))[0])
    accuracy = statistics.mean(process(words(test, *settings, seed))[0] for seed in range(SEEDS))
    return {"accuracy": accuracy, "settings": settings}, timed(words(test, *settings))


def tfidf():
    words = [sys.executable, __file__]
    return {"accuracy": process(words)[0]}, timed(words)


def rival(data=None, asked=None, vectors=None, epochs=None, rate=None, seed=None):
    """The process of a rival: its accuracy in percent."""
    from rivals import fasttext_model, tfidf_model

    if data is None:
        return 100 * tfidf_model(*examples(CORPUS, "data")).score(*examples(CORPUS, "test"))
    given = {"pretrainedVectors": vectors, "dim": 300, "thread": THREADS, "seed": int(seed)}
    return 100 * fasttext_model(data, epoch=int(epochs), lr=float(rate), **given).test(asked)[1]


if __name__ == "__main__":
    print(json.dumps(rival(*sys.argv[1:])))
