"""embdistill beside what else one would take, on the same data and in turns.

Run: EMBDISTILL_DATA=FOLDER python benchmarks/programs/peers [epoch training predict load] [--rounds 5]
An older version beside this one: EMBDISTILL_BEFORE=FOLDER python benchmarks/programs/peers before
What each part of kernels/machine buys: python benchmarks/programs/peers machine
Fills results/peers.json and docs/results/speed.md. Needs pip install '.[bench]', and a machine that does
nothing else.
"""

import contextlib
import json
import os
import platform
import re
import sys
import tempfile
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import fire
from contest import THREADS, circumstances, race, table
from data import corpora

from readme_table import fill

RESULTS = Path(__file__).parents[2] / "results" / "peers.json"
CONTESTS = ("epoch", "training", "predict", "load")
ALL = (*CONTESTS, "before", "machine")
PACKAGES = ("embdistill", "numpy", "numba", "torch", "fasttext-numpy2-wheel", "onnxruntime", "scikit-learn", "gensim")


def main(*contests, rounds=5):
    """Run contests: all, or those named of epoch, training, predict and load.

    Args:
        rounds: how often each contestant is timed.
    """
    corpora.check_data()
    if unknown := set(contests) - set(ALL):
        sys.exit(f"no contests: {', '.join(unknown)}; there are {', '.join(CONTESTS)}")
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in contests or CONTESTS:
        contest = import_module(name)
        machine = {"processor": processor(), "threads": THREADS}
        versions = {"python": platform.python_version()} | _versions()
        races = []
        with tempfile.TemporaryDirectory() as folder:
            for given in contest.races(folder):
                races.append(race(*given, contest, rounds))
                found[name] = {"machine": machine, "versions": versions, "races": races}
                RESULTS.write_text(json.dumps({key: found[key] for key in ALL if key in found}, indent=1) + "\n")
                write(name, contest, machine, races)


def write(name: str, contest, machine: dict, races: list) -> None:
    """The table of a contest, into its page."""
    shown = f"{table(races, contest.RATIOS, contest.FACTS)}\n\n{circumstances(machine, races)}"
    fill(f"peers-{name}", shown, getattr(contest, "PAGE", "docs/results/speed.md"))


def _versions():
    """Those of the packages that are installed here: not every contest needs all."""
    found = {}
    for package in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def processor() -> str:
    """Its name, where Linux tells it, and how many of its cores there are."""
    try:
        names = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        names = []
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores"


if __name__ == "__main__":
    fire.Fire(main)
