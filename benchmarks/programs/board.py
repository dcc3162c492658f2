"""What `train --flash` finds, within how many seconds; writes results/board.json and a table of docs/search.md.

Run: EMBDISTILL_DATA=FOLDER python benchmarks/programs/board.py [--work FOLDER] [--only 64K]
The search reads no test split. What it has chosen is then scored once on the test split. Seconds are of the wall and,
since the machine may be shared, of the processors (the command and its processes).
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import fire

from corpora import DATA, FILES, VECTORS, check_data, options
from embdistill import load
from embdistill.data.corpora.layout import Layout
from embdistill.export.budget import TYPOS
from embdistill.model.evaluation import evaluate
from readme_table import fill

RESULTS = Path(__file__).parents[1] / "results" / "board.json"
WORK = Path(tempfile.gettempdir()) / "board-work"
BOARDS = [("TREC", "256K", "64K"), ("Banking77", "128K", "32K"), ("TREC", "64K", "16K"), ("TREC", "32K", "8K")]


def measure(work=WORK, only=None):
    """Search within each budget, or those of flash `only`, and score what was found on the test split."""
    check_data()
    Path(work).mkdir(parents=True, exist_ok=True)
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for corpus, flash, ram in BOARDS:
        if only in (None, flash):
            results[f"{corpus} {flash}"] = _searched(corpus, flash, ram, Path(work))
            RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    fill("board", table(results), "docs/search.md")


def _searched(corpus, flash, ram, work):
    out = work / f"{corpus}-{flash}.h5"
    words = ["train", *options(corpus, "data"), "--flash", flash, "--ram", ram, "--out", str(out), "--json"]
    wall, cpu = time.perf_counter(), _cpu()
    done = subprocess.run(
        [sys.executable, "-m", "embdistill", *words], cwd=DATA, check=True, stdout=subprocess.PIPE, text=True
    )
    seconds = {"wall": time.perf_counter() - wall, "cpu": _cpu() - cpu, "load": os.getloadavg()[1]}
    found = json.loads(done.stdout.splitlines()[-1])
    files = FILES[corpus]
    layout = Layout(None, files.get("label_column"))
    scores = evaluate(load(out.with_suffix(".edm")), DATA / files["test"], layout=layout, typos=TYPOS)
    return {
        "command": " ".join(["train", *words[1:-3]]).replace(str(VECTORS), Path(VECTORS).name),
        "search": found["search"],
        "seconds": seconds,
        "test": scores["accuracy"],
        "test_typos": scores["typos"]["accuracy"],
    }


def _cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def table(results: dict) -> str:
    """What was found within each budget, as Markdown."""
    lines = [
        "| corpus, flash | chosen | words | spellings | flash used | RAM | instructions a text | dev | typos "
        "| test | typos | seconds, two cores | CPU seconds |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, row in results.items():
        c, seconds = row["search"]["chosen"], row["seconds"]
        lines.append(
            f"| {name} | {c['model']} {c['dtype']} | {c['words']:,} | {c['spellings']:,} | {c['flash']:,} "
            f"| {c['ram']:,} | {row['search']['instructions']:,} | {c['dev']:.1f} | {c['dev_typos']:.1f} "
            f"| {row['test']:.1f} | {row['test_typos']:.1f} | {seconds['wall']:.0f} | {seconds['cpu']:.0f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    fire.Fire(measure)
