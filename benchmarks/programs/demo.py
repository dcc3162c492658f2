"""The table of the built-in demo; writes results/demo.json and README.

Run: python benchmarks/programs/demo.py
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from readme_table import fill

RESULTS = Path(__file__).parents[1] / "results" / "demo.json"


def table(record: dict) -> str:
    """The runs of the demo as Markdown."""
    lines = ["| method | d | test accuracy | table bytes | bytes in all |", "|---|---|---|---|---|"]
    for run in record["runs"]:
        accuracy, sizes = f"{run['test']['accuracy']:.1f} %", f"{run['bytes']['table']:,} | {run['bytes']['total']:,}"
        lines.append(f"| `{run['method']}` | {run['dim']} | {accuracy} | {sizes} |")
    return "\n".join(lines)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "embdistill", "train", "--json"]
        finished = subprocess.run(words, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    runs = [
        {key: run[key] for key in ("method", "network", "dim", "seed", "bytes", "epochs")}
        | {"test": {"accuracy": run["test"]["accuracy"]}}
        for run in json.loads(finished.stdout.splitlines()[-1])["runs"]
    ]
    record = {"command": "python -m embdistill train --json", "runs": runs}
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")
    fill("demo", table(record))
