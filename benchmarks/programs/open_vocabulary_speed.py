"""Texts a second of our int8 images and of fastText with n-grams of characters, on texts all of whose words are known,
and on the same with typing errors in a tenth of the longer words; writes results/open_vocabulary_speed.json, its table.

Run, on a quiet machine: EMBDISTILL_DATA=FOLDER python benchmarks/programs/open_vocabulary_speed.py [--rounds 7]
One thread each, in turns; the median of the rounds. Needs pip install 'embdistill[bench]'.
"""

import json
import statistics
import tempfile
import time
from pathlib import Path

import fire
from open_vocabulary import CLOSED, given_parts, ours, parts
from open_vocabulary_rivals import FastText

from corpora import check_data
from embdistill.data.typos import Typos
from embdistill.model.run_file import load_run
from readme_table import fill

RESULTS = Path(__file__).parents[1] / "results" / "open_vocabulary_speed.json"
CORPUS = "TREC"
RATE = 0.1
COPIES = 4  # of the texts in a round
SETTINGS = (10, 0.5, 2)  # of fastText, as open_vocabulary.py chose them on dev


def measure(rounds=7):
    check_data()
    task = parts(given_parts(CORPUS), 0)
    with tempfile.TemporaryDirectory() as work:
        contestants = {
            "`mean`, closed": ours(CORPUS, CLOSED.replace("cnn", "mean"), Path(work), task, 0)[0],
            "`mean`": ours(CORPUS, "--network mean", Path(work), task, 0)[0],
            "`cnn`, closed": ours(CORPUS, CLOSED, Path(work), task, 0)[0],
            "`cnn`": ours(CORPUS, "--network cnn", Path(work), task, 0)[0],
            "fastText, n-grams of characters": FastText._trained(task, 0, *SETTINGS)[0],
        }
        # By the closed model: an open one has an id for every word.
        closed = load_run(next(Path(work).glob("*cnn-words-0*.h5")))
    texts = [text for text in task["data"].texts if (closed.pack([text]).ids > 0).all()]
    mistyped = Typos(RATE)(texts).texts
    found = {name: {"known": [], "mistyped": []} for name in contestants}
    for _ in range(rounds):
        for name, label in contestants.items():
            for kind, given in (("known", texts), ("mistyped", mistyped)):
                start = time.perf_counter()
                label(COPIES * given)
                found[name][kind].append(COPIES * len(given) / (time.perf_counter() - start))
    results = {"corpus": CORPUS, "texts": len(texts), "rate": RATE, "texts a second": found}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    fill("open_vocabulary_speed", table(results), "docs/results/open_vocabulary.md")


def table(results: dict) -> str:
    lines = ["| model | known words | with errors in a tenth |", "|---|---|---|"]
    for name, row in results["texts a second"].items():
        lines.append(f"| {name} | {statistics.median(row['known']):,.0f} | {statistics.median(row['mistyped']):,.0f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    fire.Fire(measure)
