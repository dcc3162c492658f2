"""Test scores of the methods on five corpora, through `compare`; fills results/<corpus>/, docs/results/accuracy.md and
the small table of README.

Run: EMBDISTILL_DATA=FOLDER python benchmarks/programs/accuracy.py [CORPUS ...] [--workers N]; corpora.py says what
FOLDER holds. results/<corpus>/transductive/ was measured at commit ce874e5, where every table had the words of the test
texts, as with --transductive true --word-dropout 0 --subwords 0 --correct false today; it is not made anew.
What was measured before is kept under --work (default: accuracy-work in the folder for temporary files), where a
stopped comparison goes on.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import fire

from corpora import DATA, check_data, options
from readme_table import fill

RESULTS = Path(__file__).parents[1] / "results"
WORK = Path(tempfile.gettempdir()) / "accuracy-work"
KEPT = ("summary.json", "summary.md", "results.csv", "command.txt")
TRANSDUCTIVE = "transductive"
TYPOS = "--typos 0.2"
STUDENTS = "--methods large,direct,encode,encode+soft,encode+finetune"
PHRASES = "--dims 50 --seeds 5 --epochs 12 --patience 4"
CORPORA = {
    "TREC": f"{STUDENTS} --dims 50,10 --seeds 5",
    "SST-2": f"{STUDENTS} --dims 50,10 --seeds 5",
    "SST-5": f"{STUDENTS} --dims 50,10 --seeds 5",
    "MR": f"{STUDENTS},encode+logits,encode+soft+ensemble --dims 50,10 --folds 10 --seeds 1",
    "SemEval-2010-8": f"{STUDENTS} --dims 50,10 --seeds 5",
    "SST-2-phrases": f"{PHRASES} --methods large,direct,encode,encode+finetune",
    "SST-5-phrases": f"{PHRASES} --methods direct,encode,encode+finetune",
}


def command(corpus: str) -> list[str]:
    """Arguments of `python -m embdistill`, without --out; paths as they are below EMBDISTILL_DATA."""
    return ["compare", *options(corpus), *CORPORA[corpus].split(), *TYPOS.split(), "--network", "cnn"]


def compare(corpus: str, work: Path, workers: int) -> None:
    """Run the comparison of a corpus below the folder of the corpora, and keep what it came to."""
    out = work / corpus
    here = ["--out", str(out), "--workers", str(workers)]
    subprocess.run([sys.executable, "-m", "embdistill", *command(corpus), *here], cwd=DATA, check=True)
    (out / "command.txt").write_text(f"python -m embdistill {' '.join(command(corpus))} --out {corpus}\n")
    (RESULTS / corpus).mkdir(parents=True, exist_ok=True)
    for name in KEPT:
        shutil.copy(out / name, RESULTS / corpus / name)


def headline_table() -> str:
    """The test scores of three methods, a corpus a row, and the sizes of the largest and the smallest model."""
    columns = [("large", 300), ("direct", 50), ("encode", 50), ("direct", 10), ("encode", 10)]
    titles = ["corpus", *(f"`{method}`, d = {dim}" for method, dim in columns), "MB, `large`", "MB, d = 10"]
    lines = [titles, ["---"] * len(titles)]
    for corpus in CORPORA:
        rows = summary(corpus)
        if not all(column in rows for column in columns):
            continue  # phrases, which are measured at one dimension
        scores = [percent(rows[column]["test"]) for column in columns]
        sizes = [f"{rows[column]['bytes']['total'] / 1e6:.1f}" for column in (columns[0], columns[-1])]
        lines.append([corpus, *scores, *sizes])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def summary(corpus: str, protocol: str = "") -> dict:
    """What was measured, by method and dimension, nothing yet perhaps; protocol: TRANSDUCTIVE for that folder."""
    path = RESULTS / corpus / protocol / "summary.json"
    rows = json.loads(path.read_text()) if path.exists() else []
    return {(row["method"], row["dim"]): row for row in rows}


def percent(scores: dict) -> str:
    return f"{scores['mean']:.1f} ± {scores['sd']:.1f}"


def table() -> str:
    """The summaries of all corpora as one Markdown table; cells of what was not measured yet are empty."""
    lines = [
        "| corpus | method | d | test score | against `direct` | p | with errors | transductive | bytes in all |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for corpus in CORPORA:
        rows, published = summary(corpus), summary(corpus, TRANSDUCTIVE)
        for (method, dim), row in (rows or published).items():
            ours = scores(row) if rows else [""] * 4
            theirs = percent(published[method, dim]["test"])
            cells = [corpus, f"`{method}`", f"{dim}", *ours, theirs, f"{row['bytes']['total']:,.0f}"]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def scores(row: dict) -> list[str]:
    """Test score, difference to `direct`, its p, and score with typing errors."""
    difference = row["difference"] or {}
    gap = f"{difference['mean']:+.1f}" if difference.get("mean") is not None else ""
    p = difference.get("p")
    shown = "" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"
    return [percent(row["test"]), gap, shown, percent(row["typos"]["test"])]


def measure(*corpora, work=WORK, workers=2):
    """Measure the corpora (all unless named), then fill the tables with all that were measured."""
    check_data()
    for corpus in corpora or CORPORA:
        compare(corpus, Path(work), workers)
    fill("accuracy", table(), "docs/results/accuracy.md")
    fill("headline", headline_table())


if __name__ == "__main__":
    fire.Fire(measure)
