"""What the models of budget.py take on an emulated microcontroller; writes results/microcontroller.json and its tables.

Run: EMBDISTILL_DATA=FOLDER python benchmarks/programs/microcontroller.py [--work FOLDER]
after budget.py, whose exported models are read from the same folder; tests/kernels/runtime/processors/run.py says what
else it needs.
"""

import json
import sys
import tempfile
from pathlib import Path

import fire
from budget import BUDGETS, WORK

from corpora import DATA, FILES
from embdistill import load
from embdistill.data.corpora import read_corpus
from embdistill.data.prepare import label_indices
from embdistill.model import metrics
from readme_table import ROOT, fill

sys.path.insert(0, str(ROOT / "tests/kernels/runtime"))
from processors.programs import run
from processors.run import export

RESULTS = Path(__file__).parents[1] / "results" / "microcontroller.json"
CPUS = ("cortex-m3", "cortex-m4")
PAGE = "docs/microcontroller.md"
PARTS = {
    "runtime": "runtime with one network, error texts",
    "arithmetic": "arithmetic of the compiler (libgcc)",
    "library": "`memcpy`, `memmove`, `memset`, `memcmp`, `strlen` (newlib-nano)",
    "firmware": "start-up, vector table, input and output of the test",
}


def measured(path: Path, cpu: str) -> dict:
    """The sizes of a model on a processor, and the accuracy of its answers there to TREC's test part."""
    corpus = read_corpus(DATA / FILES["TREC"]["test"])
    texts = [example.text.encode() for example in corpus.examples]
    with tempfile.TemporaryDirectory() as folder:
        done = run(export(path, Path(folder) / "project"), texts, cpu)
    labels = load(path).labels
    answers = [labels.index(label) for label, _ in done.answers]
    return {**done.sizes, "accuracy": metrics.accuracy(label_indices(corpus, labels, "the model"), answers)}


def code_table(rows: dict) -> str:
    """Flash and stack of the program apart from the model, as Markdown; the largest over the models."""

    parts = {text: lambda sizes, part=part: sizes["parts"].get(part, 0) for part, text in PARTS.items()}
    parts["**flash without the model**, with alignment"] = lambda sizes: sizes["flash"] - sizes["parts"]["model"]
    parts["deepest stack"] = lambda sizes: sizes["stack"]
    lines = ["| | Cortex-M3, no FPU | Cortex-M4F |", "|---|---|---|"]
    for text, value in parts.items():
        cells = [f"{max(value(sizes) for sizes in rows[cpu]):,}" for cpu in CPUS]
        lines.append(f"| {text} | {' | '.join(cells)} |")
    return "\n".join(lines)


def models_table(rows: dict) -> str:
    """Flash, RAM and accuracy of each model on each processor, as Markdown."""
    lines = ["| model | processor | flash | RAM | test accuracy |", "|---|---|---|---|---|"]
    for cpu, found in rows.items():
        for sizes in found:
            numbers = f"{sizes['flash']:,} | {sizes['ram']:,} | {sizes['accuracy']:.1f} %"
            lines.append(f"| `{sizes['network']}`, `--flash {sizes['budget']}` | {cpu} | {numbers} |")
    return "\n".join(lines)


def main(work=WORK):
    """Measure each exported model on each processor.

    Args:
        work: the folder that budget.py exported to.
    """
    rows = {cpu: [] for cpu in CPUS}
    for cpu, found in rows.items():
        for network, _, flash, _ in BUDGETS:
            sizes = measured(Path(work) / f"{network}-{flash}.edm", cpu)
            found.append({"network": network, "budget": flash, **sizes})
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n")
    fill("code", code_table(rows), PAGE)
    fill("models", models_table(rows), PAGE)


if __name__ == "__main__":
    fire.Fire(main)
