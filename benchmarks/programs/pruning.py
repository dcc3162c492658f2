"""Ways of ranking words for pruning, compared on dev splits; writes results/budget.json and a table of docs/budget.md.

Run: OPENBLAS_NUM_THREADS=1 EMBDISTILL_DATA=FOLDER python benchmarks/programs/pruning.py [--work FOLDER]
Run files are trained below --work (default: budget-work in the temporary folder), unless they are there.
"""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import fire
import numpy as np
from budget import CNN, MEAN, PAGE, TREC, WORK, keep, trained

from corpora import DATA, options
from embdistill.export.prune import log_softmax, prune, ranking, ranking_against
from embdistill.export.splits import splits_of
from embdistill.model import metrics
from embdistill.model.run_file import load_run
from readme_table import fill

SST2 = " ".join(options("SST-2", "data", "dev"))
MODELS = {  # name: settings of train, and how many seeds
    "TREC `mean`, d = 16": (f"{MEAN} --dim 16", 5),
    "TREC `mean`, d = 50": (f"{TREC} --network mean --dim 50", 5),
    "TREC `cnn`, d = 10": (f"{CNN} --dim 10", 3),
    "SST-2 `mean`, d = 50": (f"{SST2} --network mean --dim 50", 5),
}
WORDS = (125, 250, 500, 1000, 2000, 4000)


def by_frequency(model, texts, labels):
    """The most frequent word first."""
    counts = np.bincount(texts.ids, minlength=len(model.table))[: len(model.table)]
    return 1 + np.argsort(-counts[1:], kind="stable")


def by_gradient(model, texts, labels):
    """First order: the derivative of the cross-entropy in the direction in which the word becomes unknown."""
    vectors = model.table if texts.composed is None else np.concatenate([model.table, texts.composed])
    logits, backward = model.network.forward(model.values, vectors, texts)
    dlogits = np.exp(log_softmax(logits)).astype(logits.dtype)
    dlogits[np.arange(len(labels)), labels] -= 1
    gradient = backward(dlogits, {name: np.zeros_like(value) for name, value in model.values.items()})
    cost = np.sum(gradient[: len(model.table)] * (model.table[0] - model.table), axis=1)
    return 1 + np.argsort(-cost[1:], kind="stable")


def by_labels(model, texts, labels):
    """As ranking(), against the gold labels: the cost in cross-entropy."""
    gold = np.full((len(labels), len(model.labels)), np.log(1e-9))
    gold[np.arange(len(labels)), labels] = 0
    return ranking_against(gold, model, texts)


def by_predictions_at_once(model, texts, labels):
    """As ranking(), with all costs measured once, in the whole model."""
    return ranking_against(log_softmax(model.logits(texts)), model, texts, kept_share=0)


def by_predictions(model, texts, labels):
    """What `export` does."""
    return ranking(model, texts)


def as_trained(model, rows, texts):
    """The model with only these words, and the vector of unknown words as it was."""
    return replace(prune(model, rows, texts), table=model.table[np.concatenate([[0], np.sort(rows)])])


WAYS: dict[str, tuple[Callable, Callable]] = {
    "frequency, unknown vector as trained": (by_frequency, as_trained),
    "frequency": (by_frequency, prune),
    "gradient of the cross-entropy": (by_gradient, prune),
    "cross-entropy, in rounds": (by_labels, prune),
    "predictions, all at once": (by_predictions_at_once, prune),
    "predictions, in rounds": (by_predictions, prune),
    "predictions, in rounds, unknown vector as trained": (by_predictions, as_trained),
}


def measure(work=WORK):
    """Rank on the train split and score on the dev split: the accuracies of each way, number of words and seed."""
    found = {}
    for name, (settings, seeds) in MODELS.items():
        scores = {way: {str(words): [] for words in WORDS} for way in WAYS}
        whole = []
        for seed in range(seeds):
            path = trained(f"{settings} --seed {seed}", Path(work))
            model = load_run(path)
            with contextlib.chdir(DATA):  # relative to which run files name their inputs
                splits = splits_of(model, path)
            texts, labels = model.pack(splits.train.texts), splits.train.labels
            whole.append(_dev_accuracy(model, splits))
            rankings = {rank: rank(model, texts, labels) for rank, _ in WAYS.values()}
            for way, (rank, pruning) in WAYS.items():
                for words in WORDS:
                    smaller = pruning(model, rankings[rank][:words], texts)
                    scores[way][str(words)].append(_dev_accuracy(smaller, splits))
        found[name] = {"command": f"train {settings} --seed 0..{seeds - 1}", "whole": whole, "dev": scores}
    keep("compared", found)
    fill("compared", compared_table(found), PAGE)


def _dev_accuracy(model, splits):
    predicted = model.predict_proba(splits.dev).argmax(axis=1)
    return metrics.accuracy(splits.dev_labels, predicted)


def compared_table(found: dict) -> str:
    """Mean dev accuracies as Markdown."""
    lines = [f"| model | ranked by | {' | '.join(map(str, WORDS))} | all |", f"|---|---|{'---|' * (len(WORDS) + 1)}"]
    for name, row in found.items():
        for way, scores in row["dev"].items():
            cells = [f"{np.mean(scores[str(words)]):.1f}" for words in WORDS]
            lines.append(f"| {name} | {way} | {' | '.join(cells)} | {np.mean(row['whole']):.1f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    fire.Fire(measure)
