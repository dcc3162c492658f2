"""What dask costs: a comparison on a scheduler and two workers on this machine, beside --workers 2, in turns.

Fills results/cluster.json and docs/compare.md. Run: EMBDISTILL_DATA=FOLDER PYTHONPATH=tests python \
benchmarks/programs/cluster.py
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import fire

from cluster_helpers import results, scheduler, worker
from corpora import DATA, check_data, options
from readme_table import ROOT, fill

RESULTS = ROOT / "benchmarks" / "results" / "cluster.json"
WORKERS, ROUNDS = 2, 3
GRID = ["--methods", "large,direct,encode,encode+soft", "--dims", "50,10", "--seeds", "2"]


def seconds(out: Path, *where: str) -> float:
    """Of a whole process that compares on TREC."""
    words = ["compare", *options("TREC"), *GRID, *where, "--out", str(out)]
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "embdistill", *words], cwd=DATA, check=True, capture_output=True)
    return time.perf_counter() - begun


def measure():
    """Measure and write."""
    check_data()
    folder = Path(tempfile.mkdtemp())
    found = {"workers": [], "scheduler": []}
    with ExitStack() as stack:
        address, _ = stack.enter_context(scheduler(folder))
        for _ in range(WORKERS):
            stack.enter_context(worker(address, folder))
        for number in range(ROUNDS):
            for name, value in (("workers", str(WORKERS)), ("scheduler", address)):
                found[name].append(seconds(folder / f"{name}{number}", f"--{name}", value))
            assert results(folder / f"workers{number}") == results(folder / f"scheduler{number}")
    record = {
        "command": "EMBDISTILL_DATA=FOLDER PYTHONPATH=tests python benchmarks/programs/cluster.py",
        "runs": len(results(folder / "workers0")),
        "load": os.getloadavg(),
        "seconds": found,
    }
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")
    fill("cluster", line(record), "docs/compare.md")


def line(record: dict) -> str:
    here, there = (statistics.median(record["seconds"][name]) for name in ("workers", "scheduler"))
    return (
        f"{record['runs']} runs on TREC, with two workers on this machine, took {there:.0f} s; {here:.0f} s with "
        f"`--workers {WORKERS}` ({100 * (there / here - 1):+.1f} %; medians of {len(record['seconds']['workers'])})."
    )


if __name__ == "__main__":
    fire.Fire(measure)
