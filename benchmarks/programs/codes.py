"""What codes of the table cost, beside whole numbers of 8 and 4 bits; writes results/codes.json and two tables of
docs/results/codes.md.

Run: OPENBLAS_NUM_THREADS=1 EMBDISTILL_DATA=FOLDER python benchmarks/programs/codes.py [CORPUS ...] [--seeds 3] \
         [--work FOLDER]
Whole numbers are codes too here, so that the network is trained on over them as it is over the others.
"""

import json
import os
import statistics
import tempfile
from pathlib import Path
from typing import NamedTuple

import fire
import numpy as np

from corpora import DATA, check_data, options
from embdistill.cli import main
from embdistill.model.choices import CODES, Choice
from readme_table import fill

RESULTS = Path(__file__).parents[1] / "results" / "codes.json"
PAGE = "docs/results/codes.md"
WORK = Path(tempfile.gettempdir()) / "codes-work"
CORPORA = ("TREC", "SST-2", "Banking77")
METHODS = ("encode", "encode+int8", "encode+int4", "encode+pq", "encode+sparse")
BESIDE = "encode+int4"
DIMS = (8, 16, 50)
STEPS = 255  # of a row's step, in units


class WholeNumbers(NamedTuple):
    """A row is values * step * unit, as in an .edm image: values (V, d) int8, or two in a uint8; steps (V, 1) uint8."""

    values: np.ndarray
    steps: np.ndarray
    unit: np.ndarray

    def decoded(self, dim):
        values = self.values
        if values.dtype == np.uint8:
            halves = np.stack([values & 15, values >> 4], axis=2).astype(np.float32) - 8
            values = halves.reshape(len(values), -1)[:, :dim]
        return values * (self.steps * self.unit)


def int8(table, counts, rng):
    return WholeNumbers(*_rounded(table, 127))


def int4(table, counts, rng):
    values, steps, unit = _rounded(np.pad(table, ((0, 0), (0, table.shape[1] % 2))), 7)
    values = (values + 8).astype(np.uint8)
    return WholeNumbers(values[:, ::2] | values[:, 1::2] << 4, steps, unit)


def _rounded(table, largest):
    magnitudes = np.abs(table).max(axis=1, keepdims=True)
    unit = np.float32(magnitudes.max() / (largest * STEPS))
    steps = np.clip(np.ceil(magnitudes / (largest * unit)), 1, STEPS).astype(np.uint8)
    return np.clip(np.rint(table / (steps * unit)), -largest, largest).astype(np.int8), steps, np.array(unit)


def measure(*corpora, seeds=3, work=WORK, workers=2):
    """Compare the methods on corpora, by default all. What is under `work` is not run again."""
    check_data()
    CODES.update(int8=Choice("codes:int8"), int4=Choice("codes:int4"))
    os.chdir(DATA)
    for corpus in corpora or CORPORA:
        words = [*options(corpus), "--methods", ",".join(METHODS), "--dims", ",".join(map(str, DIMS))]
        out = Path(work).absolute() / corpus
        if main(["compare", *words, "--seeds", str(seeds), "--workers", str(workers), "--out", str(out)]):
            raise SystemExit(1)
        rows = json.loads((out / "summary.json").read_text())
        results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        kept = ("method", "dim", "runs", "test", "dev", "bytes")
        results[corpus] = [{name: row[name] for name in kept} for row in rows]
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
        fill("codes", table(results), PAGE)
        fill("differences", differences(results), PAGE)


def table(results: dict) -> str:
    """Bytes of the table and test score, means over the seeds, as Markdown."""
    found = [corpus for corpus in CORPORA if corpus in results]
    titles = ["method", "d", *(title for corpus in found for title in (f"{corpus}: bytes", "test"))]
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for i, row in enumerate(results[found[0]]):
        cells = [f"`{row['method']}`", str(row["dim"])]
        for corpus in found:
            here = results[corpus][i]
            cells += [f"{here['bytes']['table']:,.0f}", f"{here['test']['mean']:.1f} ± {here['test']['sd']:.1f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def differences(results: dict) -> str:
    """How the methods differ from int4 at the same d, means over corpora and d with their standard errors."""
    lines = ["| method | bytes | dev | test |", "|---|---|---|---|"]
    runs = {(row["method"], corpus, row["dim"]): row for corpus, rows in results.items() for row in rows}
    for method in filter(BESIDE.__ne__, METHODS):
        pairs = [(row, runs[BESIDE, *place]) for (name, *place), row in runs.items() if name == method]
        size = statistics.fmean(a["bytes"]["table"] / b["bytes"]["table"] for a, b in pairs)
        points = [[a[part]["mean"] - b[part]["mean"] for a, b in pairs] for part in ("dev", "test")]
        cells = [f"{statistics.fmean(of):+.2f} ± {statistics.stdev(of) / len(of) ** 0.5:.2f}" for of in points]
        lines.append(f"| `{method}` | {size:.2f} times | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    fire.Fire(measure)
