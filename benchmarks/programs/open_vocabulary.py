"""Accuracy on clean texts and with typing errors, of our int8 images and of fastText and TF-IDF; writes
results/open_vocabulary.json and the table of docs/results/open_vocabulary.md.

Run: OPENBLAS_NUM_THREADS=1 EMBDISTILL_DATA=FOLDER python benchmarks/programs/open_vocabulary.py [CORPUS ...] \
         [--seeds 5] [--rate 0.2] [--models "{'title': 'settings of train'}"] [--rivals False] [--work FOLDER]
Settings may end with " export " and options of export. All train on the same texts, and see those of the test part only
where the settings of a model say {test}. A row takes the place of that with the same title; others stay. Our models are
kept below --work (default: open-vocabulary-work in the temporary folder), and trained unless they are there. Needs
pip install 'embdistill[bench]'.
"""

import csv
import json
import re
import statistics
import subprocess
import tempfile
from collections import Counter
from functools import partial
from pathlib import Path

import fire
import numpy as np
from open_vocabulary_rivals import FastText, TfIdf
from peers.data import OURS, VECTORS

from corpora import FILES, Part, check_data, examples
from embdistill import load
from embdistill.data.typos import Typos
from embdistill.model import metrics
from readme_table import fill

RESULTS = Path(__file__).parents[1] / "results" / "open_vocabulary.json"
PAGE = "docs/results/open_vocabulary.md"
WORK = Path(tempfile.gettempdir()) / "open-vocabulary-work"
CORPORA = ("TREC", "SST-2", "MR", "SemEval-2010-8", "Banking77")
CLOSED = "--network cnn --words 0 --word_dropout 0 --subwords 0 --correct false --spellings 0"
MODELS = {  # settings of `train`
    "closed, with the words of the test texts": f"{CLOSED} --transductive true --test {{test}}",
    "closed": CLOSED,
    "default settings": "--network cnn",
    "the same, `--flash 235000`": "--network cnn export --flash 235000",  # a tenth of the bytes of TF-IDF on TREC
}
TENTH = 10


def measure(*corpora, seeds=5, rate=0.2, models=MODELS, rivals=True, work=WORK):
    """Train and score all contestants on corpora, by default all, with seeds from 0; a seed has typing errors of its
    own."""
    check_data()
    work = Path(work)
    work.mkdir(parents=True, exist_ok=True)
    for corpus in corpora or CORPORA:
        tasks = [parts(given_parts(corpus), seed) for seed in range(seeds)]
        contestants = {title: partial(ours, corpus, settings, work) for title, settings in models.items()}
        about = {title: {"settings": settings} for title, settings in models.items()}
        for rival in (FastText(tasks[0], rate), TfIdf(tasks[0], rate)) if rivals else ():
            for title, train in rival.contestants().items():
                contestants[title], about[title] = train, {"settings": rival.settings}
        for title, train in contestants.items():
            keep(RESULTS, corpus, rate, title, about[title] | compete(train, tasks, rate))
            fill("open_vocabulary", table(json.loads(RESULTS.read_text())), PAGE)


def given_parts(corpus: str, names=("data", "dev", "test")) -> dict[str, Part]:
    """Those of the parts that have files."""
    return {part: examples(corpus, part) for part in names if part in FILES[corpus]}


def parts(given: dict[str, Part], seed: int) -> dict[str, Part]:
    """The data, dev and test parts. One that is not given is a tenth of the data, another one for each seed; but the
    only text of a class stays in data."""
    found = dict(given)
    for part, first in (("test", seed % TENTH), ("dev", (seed + 1) % TENTH)):
        if part not in found:
            classes = Counter(found["data"].labels)
            every = np.array([i % TENTH == first and classes[c] > 1 for i, c in enumerate(found["data"].labels)])
            found[part], found["data"] = (
                Part(*(_where(of, chosen) for of in found["data"])) for chosen in (every, ~every)
            )
    return found


def _where(values, chosen):
    return [value for value, one in zip(values, chosen, strict=True) if one]


def ours(corpus, settings, work, task, seed):
    """The int8 image of a model with these settings: a function that labels texts, and its bytes."""
    files = {part: work / f"{corpus}-{seed}-{part}.csv" for part in task}
    for part, path in files.items():
        with open(path, "w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([("text", "label"), *zip(*task[part], strict=True)])
    settings, _, of_export = settings.partition(" export ")
    name = re.sub(r"\W+", "-", f"{corpus} {seed} {settings.format(test='test')}")
    run, image = (work / f"{name}.{ending}" for ending in ("h5", "edm"))
    if not run.exists():
        stopped = ["--resume"] if run.with_name(f"{run.name}.checkpoint").exists() else []
        given = ["--data", files["data"], "--dev", files["dev"], "--vectors", VECTORS, "--seed", seed, "--out", run]
        _embdistill("train", *given, *settings.format(test=files["test"]).split(), *stopped)
    _embdistill("export", run, "--to", "edm", "--dtype", "int8", "--out", image, *of_export.split())
    return load(image).predict, image.stat().st_size


def _embdistill(*words):
    subprocess.run([*OURS, *map(str, words)], check=True, stdout=subprocess.DEVNULL)


def compete(train, tasks: list, rate: float) -> dict:
    """The test scores of a contestant in percent, clean and with typing errors, and its bytes, a list over the seeds.

    train: from a task and a seed to (labels of texts, bytes).
    """
    found = {"clean": [], "typos": [], "bytes": []}
    for seed, task in enumerate(tasks):
        label, size = train(task, seed)
        texts, gold = task["test"]
        found["clean"].append(score(gold, label(texts)))
        found["typos"].append(score(gold, label(Typos(rate, seed)(texts).texts)))
        found["bytes"].append(size)
    return found


def score(gold: list[str], predicted: list[str]) -> float:
    """Accuracy, or for SemEval-2010 task 8 its official F1, in percent."""
    names = sorted({*gold, *predicted})
    labels, guesses = (np.array([names.index(label) for label in given]) for given in (gold, predicted))
    if any(name.endswith("(e1,e2)") for name in names):
        return metrics.relation_f1(names, metrics.count(labels, guesses, len(names)))
    return metrics.accuracy(labels, guesses)


def keep(path: Path, corpus: str, rate: float, title: str, row: dict) -> None:
    """Write a row of a results file. Rows of other rates are dropped."""
    results = json.loads(path.read_text()) if path.exists() else {}
    if results.get("rate") != rate:
        results = {"rate": rate, "corpora": {}}
    results["corpora"].setdefault(corpus, {})[title] = row
    path.write_text(json.dumps(results, indent=1) + "\n")


def table(results: dict) -> str:
    """The means over the seeds as Markdown."""
    lines = ["| corpus | model | clean | with errors | lost | bytes |", "|---|---|---|---|---|---|"]
    for corpus in filter(results["corpora"].get, CORPORA):
        for title, row in results["corpora"][corpus].items():
            clean, typos = row["clean"], row["typos"]
            lost = statistics.mean(clean) - statistics.mean(typos)
            cells = [
                corpus,
                title,
                spread(clean),
                spread(typos),
                f"{lost:.1f}",
                f"{statistics.mean(row['bytes']):,.0f}",
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def spread(values: list[float]) -> str:
    """Mean and standard deviation, if there are several."""
    mean = f"{statistics.mean(values):.1f}"
    return f"{mean} ± {statistics.stdev(values):.1f}" if len(values) > 1 else mean


if __name__ == "__main__":
    fire.Fire(measure)
