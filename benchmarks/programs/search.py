"""The search for default settings, on dev splits alone; adds to results/search.jsonl and docs/results/search.md.

Run: OPENBLAS_NUM_THREADS=1 EMBDISTILL_DATA=FOLDER python benchmarks/programs/search.py default dropout=0.3 \
         rate=0.001,batch=25 [--corpora trec,sst2] [--seeds 5] [--base network=lstm,dim=10]
Each argument is a variant: settings that differ from the base, with commas between them. What is compared is the
"cross" accuracy: of the epoch that is best on one half of the dev part, measured on the other half, and the other way
round. So the choice of the epoch flatters no variant that has more epochs, or noisier ones, to choose from.
"""

import json
import os
import statistics
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import fire
import numpy as np
import scipy.stats

from corpora import check_data, dataset_of
from embdistill.model import metrics
from embdistill.model.config import Config
from embdistill.progress import say
from embdistill.training.checkpoint import Checkpoint
from embdistill.training.loop import best_of, fit
from embdistill.training.stages import stages
from embdistill.training.teachers import teacher_logits
from readme_table import fill

CORPORA = {  # as named on the command line and in search.jsonl
    "trec": "TREC",
    "sst2": "SST-2",
    "sst5": "SST-5",
    "sst2-phrases": "SST-2-phrases",
    "sst5-phrases": "SST-5-phrases",
    "mr": "MR",
    "semeval": "SemEval-2010-8",
}
RESULTS = Path(__file__).parents[1] / "results" / "search.jsonl"
TEACHERS = Path(tempfile.mkdtemp(prefix="embdistill-teachers-"))  # of this search alone


def cross(corpus: str, config: Config) -> dict:
    """Cross accuracy in percent of one run, its epochs, and the seconds of an epoch."""
    dataset = dataset_of(CORPORA[corpus]).with_dev(config.seed)
    targets, _ = teacher_logits(dataset, config, Checkpoint(None, {}), (), TEACHERS)
    dataset = replace(dataset, train=replace(dataset.train, targets=targets))
    halves = [np.arange(half, dataset.dev.packed.sentences, 2) for half in (0, 1)]
    learner, best, epochs, found = None, None, [], []

    def epoch_done(_):
        with learner.weights.averaged():
            right = learner.logits(dataset.dev.packed).argmax(axis=1)
        found.append([metrics.accuracy(dataset.dev.labels[half], right[half]) for half in halves])

    for stage in stages(config):
        learner, history = stage.begin(dataset, config, learner), []
        fit(learner, dataset.train, dataset.dev, history, lambda *_: None, epoch_done, best)
        best = best_of(history)
        epochs += history
    first, second = np.array(found).T
    accuracy = (second[first.argmax()] + first[second.argmax()]) / 2
    return {"cross": accuracy, "dev": max(e.dev_accuracy for e in epochs), "epochs": len(epochs),
            "seconds": statistics.median(e.seconds for e in epochs)}  # fmt: skip


def settings_of(variant: str) -> dict:
    """A variant such as rate=0.001,batch=25 as settings; lists have + between their parts."""
    pairs = [] if variant == "default" else [part.split("=") for part in variant.split(",")]
    return {name: value if name == "method" else value.replace("+", ",") for name, value in pairs}


def _quietly(corpus, config):
    sys.stderr = open(os.devnull, "w")
    return cross(corpus, config)


def search(*variants, corpora="trec,sst2,mr,semeval", seeds=5, base="default"):
    """Measure the variants; prints the mean, its standard error, and the paired difference from the first."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        futures = {}
        for corpus in corpora if isinstance(corpora, tuple) else corpora.split(","):
            for variant in variants:
                config = Config.from_options(settings_of(base) | settings_of(variant))
                futures[corpus, variant] = [
                    pool.submit(_quietly, corpus, replace(config, seed=seed)) for seed in range(seeds)
                ]
        first = {}
        for (corpus, variant), waiting in futures.items():
            runs = [future.result() for future in waiting]
            values = np.array([run["cross"] for run in runs])
            first.setdefault(corpus, values)
            row = {"corpus": corpus, "base": base, "variant": variant, "seeds": seeds, "cross": float(values.mean())}
            row["standard error"] = float(scipy.stats.sem(values)) if seeds > 1 else None
            row["difference"] = float((values - first[corpus]).mean())
            row |= {name: statistics.mean(run[name] for run in runs) for name in ("dev", "epochs", "seconds")}
            epochs = f"{row['epochs']:.0f} epochs of {row['seconds']:.2f} s"
            say(
                f"{corpus:<13}{base} {variant:<34}{row['cross']:7.2f} ± {row['standard error'] or 0:.2f} "
                f"({row['difference']:+.2f})  dev {row['dev']:.2f}, {epochs}"
            )
            with open(RESULTS, "a") as stream:
                stream.write(json.dumps(row) + "\n")
    fill("search", table(), "docs/results/search.md")


def table() -> str:
    """All that was found so far, the newest of each corpus, base and variant, as Markdown."""
    rows = {}
    for line in RESULTS.read_text().splitlines():
        row = json.loads(line)
        rows[row["corpus"], row["base"], row["variant"]] = row
    lines = ["| corpus | base | variant | seeds | cross accuracy | difference |", "|---|---|---|---|---|---|"]
    for (corpus, base, variant), row in rows.items():
        error = "" if row["standard error"] is None else f" ± {row['standard error']:.1f}"
        lines.append(
            f"| {corpus} | {base} | {variant} | {row['seeds']} | {row['cross']:.1f}{error} | {row['difference']:+.1f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    check_data()
    fire.Fire(search)
