"""What fits a microcontroller, and how accurate it is; writes results/budget.json and two tables of docs/budget.md.

Run: OPENBLAS_NUM_THREADS=1 EMBDISTILL_DATA=FOLDER python benchmarks/programs/budget.py [--work FOLDER]
Models are chosen within the budgets of BUDGETS on the dev split alone; each chosen one is then scored once on the test
split. Run files are trained below --work (default: budget-work in the temporary folder), unless they are there.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import fire

from corpora import DATA, FILES, VECTORS, check_data, options
from embdistill import load
from embdistill.export.budget import TYPOS
from embdistill.model.evaluation import evaluate
from readme_table import fill

RESULTS = Path(__file__).parents[1] / "results" / "budget.json"
PAGE = "docs/budget.md"
WORK = Path(tempfile.gettempdir()) / "budget-work"
TREC = " ".join(options("TREC", "data"))  # without the test split, so that the models know nothing of its words
MEAN = f"{TREC} --network mean --method encode2+soft --hidden 100"  # chosen on the dev split: docs/budget.md
CNN = f"{TREC} --network cnn"
SMALL_CNN = f"{CNN} --method encode+soft --filters 50"
SHOWN = 40  # candidates
BUDGETS = [  # network, run files to choose from, flash, RAM
    ("mean", [(MEAN, dim) for dim in (8, 10, 16, 20, 32)], "64K", "8K"),
    ("mean", [(MEAN, dim) for dim in (8, 10, 16, 20, 32)], "32K", "8K"),
    ("cnn", [(SMALL_CNN, dim) for dim in (8, 16)], "64K", "16K"),
    ("cnn", [(CNN, dim) for dim in (10, 20, 32, 50)], "256K", "64K"),
]


def measure(work=WORK):
    """Export within each budget, and score what was exported on the test split."""
    found = []
    for network, candidates, flash, ram in BUDGETS:
        paths = [str(trained(f"{settings} --dim {dim} --seed 0", Path(work))) for settings, dim in candidates]
        out = Path(work) / f"{network}-{flash}.edm"
        words = ["export", ",".join(paths), "--to", "edm", "--flash", flash, "--ram", ram, "--out", str(out), "--json"]
        record = json.loads(_embdistill(*words).splitlines()[-1])
        record["considered"] = sorted(record["considered"], key=lambda c: -c["dev"] - c["dev_typos"])[:SHOWN]
        for candidate in [record["chosen"], *record["considered"]]:
            candidate["model"] = Path(candidate["model"]).name
        train = [f"train {settings} --dim {dim} --seed 0" for settings, dim in candidates]
        scores = evaluate(load(out), DATA / FILES["TREC"]["test"], typos=TYPOS)
        test = {"test": scores["accuracy"], "test_typos": scores["typos"]["accuracy"]}
        found.append({"network": network, "train": train, **record, "out": out.name, **test})
    keep("budgets", found)
    fill("budgets", budgets_table(found), PAGE)
    fill("curve", curve_table(found[0]), PAGE)


def trained(settings: str, work: Path) -> Path:
    """The run file of `train` with these settings, which are its name; trained unless it is there."""
    check_data()
    work.mkdir(parents=True, exist_ok=True)
    name = settings.replace(f"--vectors {VECTORS}", "").replace("--", "").replace("/", "_").replace(" ", "-")
    out = work / f"{name}.h5"
    if not out.exists():
        _embdistill("train", *settings.split(), "--out", str(out))
    return out


def _embdistill(*words):
    """Standard output of a command in the folder of the corpora."""
    command = [sys.executable, "-m", "embdistill", *words]
    return subprocess.run(command, cwd=DATA, check=True, stdout=subprocess.PIPE, text=True).stdout


def keep(name: str, found) -> None:
    """Write an entry of results/budget.json."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps({**results, name: found}, indent=1) + "\n")


def budgets_table(found: list) -> str:
    """The choice within each budget, as Markdown."""
    lines = [
        "| network | flash | words | n-grams | spellings | d | dtype | image | flash used | RAM, 64 tokens | dev "
        "| typos | test | typos |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in found:
        c = row["chosen"]
        lines.append(
            f"| `{row['network']}` | {row['budget']['flash']:,} "
            f"| {c['words']:,} | {c['subwords']:,} | {spellings(c)} "
            f"| {c['dim']} | {c['dtype']} | {c['bytes']:,} | {c['flash']:,} | {c['ram']:,} "
            f"| {c['dev']:.1f} | {c['dev_typos']:.1f} | {row['test']:.1f} | {row['test_typos']:.1f} |"
        )
    return "\n".join(lines)


def spellings(candidate: dict) -> str:
    return f"{candidate['spellings']:,}" if candidate["correct"] else "no corrections"


def curve_table(row: dict) -> str:
    """What was considered for a budget and did best on dev, as Markdown."""
    lines = [
        "| words | n-grams | spellings | d | dtype | image | flash | dev | typos | |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for c in row["considered"]:
        mark = "chosen" if c == row["chosen"] else "" if c["fits"] else "does not fit"
        sizes = f"{c['bytes']:,} | {c['flash']:,}"
        words = f"{c['words']:,} | {c['subwords']:,} | {spellings(c)}"
        lines.append(
            f"| {words} | {c['dim']} | {c['dtype']} | {sizes} | {c['dev']:.1f} | {c['dev_typos']:.1f} | {mark} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    fire.Fire(measure)
