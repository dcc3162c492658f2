"""Which right words to leave uncorrected: those of the vector file that are not much rarer than the known word that
they would become, by how much; writes results/spellings.json and its table in docs/results/search.md.

Run: OPENBLAS_NUM_THREADS=1 EMBDISTILL_DATA=FOLDER python benchmarks/programs/spellings.py [CORPUS ...] [--seeds 3]
A tenth of the training texts, another one for each seed, stands for the test. With errors: mean of three sets of them.
"""

import json
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

import fire
import numpy as np
from open_vocabulary import given_parts, ours, parts, score
from peers.data import VECTORS

from corpora import check_data
from embdistill import load
from embdistill.data.prepare import prepare
from embdistill.data.typos import Typos
from embdistill.model.config import Config
from embdistill.training.open_vocabulary import RARER, correction_for
from readme_table import fill

RESULTS = Path(__file__).parents[1] / "results" / "spellings.json"
CORPORA = ("TREC", "SST-2", "MR", "Banking77")
RATIOS = (None, 1, 3, 10, 30, 100, 1000, np.inf)  # None: no spelling at all


def measure(*corpora, seeds=3):
    check_data()
    for corpus in corpora or CORPORA:
        found = {}
        with tempfile.TemporaryDirectory() as work:
            for seed in range(seeds):
                task = parts(given_parts(corpus, ("data", "dev")), seed)
                ours(corpus, "--network cnn", Path(work), task, seed)
                run = next(Path(work).glob(f"{corpus}-{seed}-*.h5"))
                for name, model in models(run).items():
                    found.setdefault(name, []).append(scores(model, *task["test"], seed))
        results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        columns = ("clean", "typos", "spellings")
        rows = {name: {c: [run[i] for run in runs] for i, c in enumerate(columns)} for name, runs in found.items()}
        RESULTS.write_text(json.dumps(results | {corpus: rows}, indent=1) + "\n")
    fill("spellings", table(json.loads(RESULTS.read_text())), "docs/results/search.md")


def models(run: Path) -> dict:
    """A run with the spellings by each ratio."""
    model = load(run)
    files = {file["role"]: file["path"] for file in model.about["inputs"]}
    dataset = prepare(files["data"], files.get("dev"), None, VECTORS, Config(**model.about["config"]))
    dataset = dataset.with_dev(model.about["config"]["seed"])
    words, unknown = model.vocabulary.words, dataset.unknown_words
    counts = np.bincount(dataset.train.packed.ids, minlength=len(words))
    count = model.about["config"]["spellings"]
    found = {}
    for ratio in RATIOS:
        correction = correction_for(words, counts, unknown if ratio else [], dataset, count if ratio else 0, ratio or 1)
        found[_title(ratio)] = replace(model, correction=correction)
    return found


def _title(ratio):
    return "none" if ratio is None else "all" if ratio == np.inf else f"less than {ratio} times as rare"


def scores(model, texts, gold, seed) -> tuple[float, float, int]:
    """Clean, with typing errors, and the number of spellings."""
    mistyped = [Typos(0.2, seed + extra)(texts).texts for extra in (0, 100, 200)]
    typos = statistics.mean(score(gold, model.predict(given)) for given in mistyped)
    return score(gold, model.predict(texts)), typos, len(model.correction.spellings)


def table(results: dict) -> str:
    """The means over the seeds as Markdown."""
    lines = ["| corpus | spellings | clean | with errors | bytes |", "|---|---|---|---|---|"]
    for corpus in filter(results.get, CORPORA):
        for name, row in results[corpus].items():
            clean, typos, count = (statistics.mean(row[key]) for key in ("clean", "typos", "spellings"))
            chosen = " (the default)" if name == _title(RARER) else ""
            lines.append(f"| {corpus} | {name}{chosen} | {clean:.1f} | {typos:.1f} | {count:,.0f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    fire.Fire(measure)
