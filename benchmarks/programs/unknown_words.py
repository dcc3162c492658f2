"""How to read the words that the table lacks: settings compared on training texts alone, a tenth of which stands for
the test; writes results/unknown_words.json and its table in docs/results/search.md.

Run: OPENBLAS_NUM_THREADS=1 EMBDISTILL_DATA=FOLDER python benchmarks/programs/unknown_words.py [CORPUS ...] [--seeds 3]
"""

import json
import tempfile
from functools import partial
from pathlib import Path

import fire
from open_vocabulary import compete, given_parts, keep, ours, parts, table

from corpora import check_data
from readme_table import fill

RESULTS = Path(__file__).parents[1] / "results" / "unknown_words.json"
CORPORA = ("TREC", "SST-2", "Banking77")
CLOSED = "--word-dropout 0 --correct false --spellings 0 --subwords 0"
VARIANTS = {  # settings of `train`
    "closed": CLOSED,
    "word dropout 0.5": f"{CLOSED} --word-dropout 0.5",
    "word dropout 2": f"{CLOSED} --word-dropout 2",
    "... 0.5, corrected": "--spellings 0 --subwords 0",
    "... 0.5, corrected but for 20,000 spellings": "--spellings 20000 --subwords 0",
    "... 0.5, corrected but for 80,000 spellings": "--subwords 0",
    "... and 1,024 n-grams": "--subwords 1024",
    "... and 4,096 n-grams": "",
    "... and 20,000 words": "--words 20000",
}


def measure(*corpora, seeds=3, rate=0.2):
    check_data()
    with tempfile.TemporaryDirectory() as work:
        for corpus in corpora or CORPORA:
            given = given_parts(corpus, ("data", "dev"))
            tasks = [parts(given, seed) for seed in range(seeds)]
            for title, settings in VARIANTS.items():
                train = partial(ours, corpus, settings, Path(work))
                keep(RESULTS, corpus, rate, title, {"settings": settings} | compete(train, tasks, rate))
                fill("unknown_words", table(json.loads(RESULTS.read_text())), "docs/results/search.md")


if __name__ == "__main__":
    fire.Fire(measure)
