"""What fits a microcontroller, and how accurate it is; writes results/budget.json and the tables of docs/budget.md.

Run: OPENBLAS_NUM_THREADS=1 EMBDISTILL_DATA=FOLDER python benchmarks/budget.py compare|measure [--work FOLDER]
`compare` measures ways of ranking words, on dev parts alone. `measure` chooses models within the budgets of BUDGETS, on
dev parts alone, and then scores each that was chosen on the test part, once. Run files are trained below --work
(default: budget-work in the folder for temporary files), unless they are there.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import fire
import numpy as np

from embdistill import load
from embdistill.data.corpora import read_corpus
from embdistill.data.dataset import label_indices
from embdistill.export.prune import LEFT, costs, prune, pruned_table, ranking
from embdistill.export.splits import splits_of
from embdistill.model import metrics
from embdistill.model.run_file import load_run
from readme_table import fill

DATA = Path(os.environ.get("EMBDISTILL_DATA", "EMBDISTILL_DATA"))
RESULTS = Path(__file__).parent / "results" / "budget.json"
PAGE = "docs/budget.md"
WORK = Path(tempfile.gettempdir()) / "budget-work"
VECTORS = "--vectors vectors/vectors.300d.txt.gz"
TREC = f"--data trec/train.label {VECTORS}"  # without the test part, of whose words the models know nothing
SST2 = f"--data sst/train.txt --dev sst/dev.txt --format sst2 {VECTORS}"
MEAN = f"{TREC} --network mean --method encode2+soft --hidden 100"  # chosen on the dev part: docs/budget.md
CNN = f"{TREC} --network cnn"
TEST = "trec/test.label"
BUDGETS = [  # network, run files to choose from, flash, RAM
    ("mean", [(MEAN, dim) for dim in (8, 10, 16, 20, 32)], "64K", "8K"),
    ("mean", [(MEAN, dim) for dim in (8, 10, 16, 20, 32)], "32K", "8K"),
    ("cnn", [(CNN, dim) for dim in (10, 20, 32, 50)], "256K", "64K"),
]
COMPARED = {  # ways of ranking are compared on these: one run a seed
    "TREC `mean`, d = 16": (f"{MEAN} --dim 16", 5),
    "TREC `mean`, d = 50": (f"{TREC} --network mean --dim 50", 5),
    "TREC `cnn`, d = 10": (f"{CNN} --dim 10", 3),
    "SST-2 `mean`, d = 50": (f"{SST2} --network mean --dim 50", 5),
}
WORDS = (125, 250, 500, 1000, 2000, 4000)


def trained(options: str, work: Path) -> Path:
    """The run file of `train` with these options, named by them; trained unless it is there."""
    work.mkdir(parents=True, exist_ok=True)
    out = work / f"{options.replace(VECTORS, '').replace('--', '').replace('/', '_').replace(' ', '-')}.h5"
    if not out.exists():
        words = [sys.executable, "-m", "embdistill", "train", *options.split(), "--out", str(out)]
        subprocess.run(words, cwd=DATA, check=True, stdout=subprocess.DEVNULL)
    return out


# ---- ways of ranking words ----


def by_frequency(model, texts, labels):
    """The commonest word first."""
    counts = np.bincount(texts.ids, minlength=len(model.table))
    return 1 + np.argsort(-counts[1:], kind="stable")


def by_gradient(model, texts, labels):
    """First order: the derivative of the cross-entropy in the direction in which the word becomes unknown."""
    logits, backward = model.network.forward(model.values, model.table, texts)
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    probabilities[np.arange(len(labels)), labels] -= 1
    gradient = backward(probabilities, {name: np.zeros_like(value) for name, value in model.values.items()})
    cost = np.sum(gradient * (model.table[0] - model.table), axis=1)
    return 1 + np.argsort(-cost[1:], kind="stable")


def by_labels(model, texts, labels):
    """As ranking(), with the gold labels in place of the answers of the whole model: the cost in cross-entropy."""
    gold = np.full((len(labels), len(model.labels)), np.log(1e-9))
    gold[np.arange(len(labels)), labels] = 0
    return _in_rounds(model, texts, gold, LEFT)


def by_answers_at_once(model, texts, labels):
    """As ranking(), with all costs measured once, in the whole model."""
    logits = model.logits(texts).astype(np.float64)
    answers = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    return _in_rounds(model, texts, answers, 0)


def by_answers(model, texts, labels):
    """What `export` does."""
    return ranking(model, texts)


def _in_rounds(model, texts, reference, left_of):
    counts = np.bincount(texts.ids, minlength=len(model.table))
    left, rounds = 1 + np.flatnonzero(counts[1:]), [1 + np.flatnonzero(counts[1:] == 0)]
    while len(left):
        smaller = replace(model, table=pruned_table(model.table, left, counts))
        known = np.isin(np.arange(len(counts)), left)
        restricted = texts._replace(ids=np.where(known[texts.ids], texts.ids, 0).astype(np.int32))
        left = left[np.argsort(-costs(smaller, restricted, reference)[left], kind="stable")]
        keep = int(left_of * len(left))
        rounds.append(left[keep:])
        left = np.sort(left[:keep])
    return np.concatenate(rounds[::-1])


def as_trained(model, rows, texts):
    """The model with the words of some rows, and the vector of unknown words as it was."""
    return replace(prune(model, rows, texts), table=model.table[np.concatenate([[0], np.sort(rows)])])


WAYS: dict[str, tuple[Callable, Callable]] = {
    "frequency, unknown vector as trained": (by_frequency, as_trained),
    "frequency": (by_frequency, prune),
    "gradient of the cross-entropy": (by_gradient, prune),
    "cross-entropy, in rounds": (by_labels, prune),
    "answers, all at once": (by_answers_at_once, prune),
    "answers, in rounds": (by_answers, prune),
    "answers, in rounds, unknown vector as trained": (by_answers, as_trained),
}


def compare(work=WORK):
    """Rank on the training part and score on the dev part: the accuracies of each way, number of words and seed."""
    found = {}
    for name, (options, seeds) in COMPARED.items():
        scores = {way: {str(words): [] for words in WORDS} for way in WAYS}
        whole = []
        for seed in range(seeds):
            path = trained(f"{options} --seed {seed}", Path(work))
            model = load_run(path)
            parts = _in_data(lambda model=model, path=path: splits_of(model, path))
            texts, labels = parts.train.packed, parts.train.labels
            whole.append(_dev_accuracy(model, parts))
            rankings = {rank: rank(model, texts, labels) for rank, _ in WAYS.values()}
            for way, (rank, pruning) in WAYS.items():
                for words in WORDS:
                    smaller = pruning(model, rankings[rank][:words], texts)
                    scores[way][str(words)].append(_dev_accuracy(smaller, parts))
        found[name] = {"command": f"train {options} --seed 0..{seeds - 1}", "whole": whole, "dev": scores}
    _record("compared", found)
    fill("compared", compared_table(found), PAGE)


def _dev_accuracy(model, parts):
    predicted = model.predict_proba(parts.dev).argmax(axis=1)
    return metrics.accuracy(parts.dev_labels, predicted)


def compared_table(found: dict) -> str:
    """Mean dev accuracies as Markdown."""
    lines = [f"| model | ranked by | {' | '.join(map(str, WORDS))} | all |", f"|---|---|{'---|' * (len(WORDS) + 1)}"]
    for name, row in found.items():
        for way, scores in row["dev"].items():
            cells = [f"{np.mean(scores[str(words)]):.1f}" for words in WORDS]
            lines.append(f"| {name} | {way} | {' | '.join(cells)} | {np.mean(row['whole']):.1f} |")
    return "\n".join(lines)


# ---- what fits ----


def measure(work=WORK):
    """Export within each budget, and score what was exported on the test part."""
    found = []
    for network, candidates, flash, ram in BUDGETS:
        paths = [str(trained(f"{options} --dim {dim} --seed 0", Path(work))) for options, dim in candidates]
        out = Path(work) / f"{network}-{flash}.edm"
        words = ["export", ",".join(paths), "--to", "edm", "--flash", flash, "--ram", ram, "--out", str(out), "--json"]
        finished = subprocess.run(
            [sys.executable, "-m", "embdistill", *words], cwd=DATA, check=True, stdout=subprocess.PIPE, text=True
        )
        record = json.loads(finished.stdout.splitlines()[-1])
        for candidate in [record["chosen"], *record["considered"]]:
            candidate["model"] = Path(candidate["model"]).name
        train = [f"train {options} --dim {dim} --seed 0" for options, dim in candidates]
        found.append({"network": network, "train": train, **record, "out": out.name, "test": _test_accuracy(out)})
    _record("budgets", found)
    fill("budgets", budgets_table(found), PAGE)
    fill("curve", curve_table(found[0]), PAGE)


def _test_accuracy(path):
    model = load(path)
    corpus = read_corpus(DATA / TEST)
    predicted = model.predict_logits([example.text for example in corpus.examples]).argmax(axis=1)
    return metrics.accuracy(label_indices(corpus, model.labels, "the model"), predicted)


def budgets_table(found: list) -> str:
    """What was chosen within each budget, as Markdown."""
    lines = [
        "| network | flash | words | d | dtype | image | flash used | RAM, 64 tokens | dev | test |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in found:
        c = row["chosen"]
        lines.append(
            f"| `{row['network']}` | {row['budget']['flash']:,} | {c['words']:,} | {c['dim']} | {c['dtype']} "
            f"| {c['bytes']:,} | {c['flash']:,} | {c['ram']:,} | {c['dev']:.1f} | {row['test']:.1f} |"
        )
    return "\n".join(lines)


def curve_table(row: dict) -> str:
    """All that was considered for a budget, as Markdown."""
    lines = ["| words | d | dtype | image | flash | dev | |", "|---|---|---|---|---|---|---|"]
    for c in row["considered"]:
        mark = "chosen" if c == row["chosen"] else "" if c["fits"] else "does not fit"
        sizes = f"{c['bytes']:,} | {c['flash']:,}"
        lines.append(f"| {c['words']:,} | {c['dim']} | {c['dtype']} | {sizes} | {c['dev']:.1f} | {mark} |")
    return "\n".join(lines)


def _in_data(action):
    """What an action gives in the folder of the corpora, below which run files name theirs."""
    here = Path.cwd()
    os.chdir(DATA)
    try:
        return action()
    finally:
        os.chdir(here)


def _record(name, found):
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps({**results, name: found}, indent=1) + "\n")


if __name__ == "__main__":
    if not DATA.is_dir():
        sys.exit("set EMBDISTILL_DATA to the folder of the corpora and vectors")
    fire.Fire({"compare": compare, "measure": measure})
