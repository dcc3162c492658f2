"""Test accuracy of the methods over five seeds, through the command line; writes results/accuracy.json and README.

Run: EMBDISTILL_DATA=FOLDER python benchmarks/accuracy.py; FOLDER holds the files named in CORPORA and VECTORS below.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from readme_table import fill

SEEDS = range(5)
DATA = Path(os.environ.get("EMBDISTILL_DATA", "EMBDISTILL_DATA"))
CORPORA = {
    "TREC": ["--data", "trec/train.label", "--test", "trec/test.label"],
    "SST-2": ["--data", "sst/train.txt", "--dev", "sst/dev.txt", "--test", "sst/test.txt", "--format", "sst2"],
}
VECTORS = ["--vectors", "vectors/vectors.300d.txt.gz"]
CASES = [("large", 300), ("encode", 50), ("direct", 50), ("encode", 10), ("direct", 10)]
RESULTS = Path(__file__).parent / "results" / "accuracy.json"


def command(corpus: str, method: str, dim: int, seed: int) -> list[str]:
    """Arguments of one run, with the paths as they are below EMBDISTILL_DATA."""
    settings = ["--network", "cnn", "--method", method, "--dim", str(dim), "--seed", str(seed)]
    return ["train", *CORPORA[corpus], *VECTORS, *settings, "--json"]


def record(arguments: list[str], out: str) -> dict:
    """Run a command line below the folder of the corpora and return its JSON object."""
    words = [sys.executable, "-m", "embdistill", *arguments, "--out", out]
    finished = subprocess.run(words, cwd=DATA, check=True, capture_output=True, text=True)
    return json.loads(finished.stdout.splitlines()[-1])


def row(corpus: str, method: str, dim: int, records: list[dict]) -> dict:
    """One line of the table: what the runs of a case come to."""
    accuracies = [r["test"]["accuracy"] for r in records]
    return {
        "corpus": corpus,
        "method": method,
        "dim": dim,
        "test accuracy": {"mean": statistics.mean(accuracies), "sd": statistics.stdev(accuracies), "all": accuracies},
        "dev accuracy": statistics.mean(r["dev"]["accuracy"] for r in records),
        "bytes": records[0]["bytes"],
        "command": "python -m embdistill " + " ".join(command(corpus, method, dim, 0)).replace("--seed 0", "--seed S"),
    }


def table(rows: list[dict]) -> str:
    """The rows as Markdown."""
    lines = ["| corpus | method | d | test accuracy | table bytes | bytes in all |", "|---|---|---|---|---|---|"]
    for r in rows:
        accuracy = r["test accuracy"]
        lines.append(
            f"| {r['corpus']} | `{r['method']}` | {r['dim']} | {accuracy['mean']:.1f} ± {accuracy['sd']:.1f} "
            f"| {r['bytes']['table']:,} | {r['bytes']['total']:,} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    if not DATA.is_dir():
        sys.exit("set EMBDISTILL_DATA to the folder of the corpora and vectors")
    cases = [(corpus, method, dim, seed) for corpus in CORPORA for method, dim in CASES for seed in SEEDS]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        outs = [f"{folder}/{number}.h5" for number in range(len(cases))]
        records = list(pool.map(record, [command(*case) for case in cases], outs))
    rows = []
    for corpus in CORPORA:
        for method, dim in CASES:
            found = [r for r, case in zip(records, cases, strict=True) if case[:3] == (corpus, method, dim)]
            rows.append(row(corpus, method, dim, found))
    RESULTS.write_text(json.dumps({"machine": platform.machine(), "rows": rows}, indent=1) + "\n")
    fill("accuracy", table(rows))
