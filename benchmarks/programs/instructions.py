"""How many instructions a text takes on emulated processors; writes results/instructions.json and the table of
docs/microcontroller.md.

Run: EMBDISTILL_DATA=FOLDER python benchmarks/programs/instructions.py
It trains the models, and needs what tests/kernels/runtime/processors/targets.py names of Debian. The number of
instructions does not depend on how well a model is trained.
"""

import json
import statistics
import sys
import tempfile
from pathlib import Path

import fire

from corpora import DATA, FILES, check_data
from embdistill.data.corpora import read_corpus
from embdistill.data.prepare import prepare
from embdistill.export.c import write_c
from embdistill.export.edm import edm_bytes
from embdistill.export.variants import closed_vocabulary
from embdistill.model.config import Config
from embdistill.training.experiment import run
from readme_table import ROOT, fill

sys.path.insert(0, str(ROOT / "tests/kernels/runtime"))
from processors.programs import count_instructions

RESULTS = Path(__file__).parents[1] / "results" / "instructions.json"
PAGE = "docs/microcontroller.md"
TEXTS = 100  # the first of TREC's test part
CPUS = ("cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m33", "cortex-m55", "riscv32")
COUNTED = {  # on QEMU's board of a Cortex-M55, 512 KB at the reset address hold no float32 table
    "int8": CPUS,
    "float32": tuple(cpu for cpu in CPUS if cpu != "cortex-m55"),
}
MODELS = {
    "`mean`, d 16, 64 hidden": Config(network="mean", dim=16, hidden=64, epochs=1),
    "`mean`, d 50, 200 hidden": Config(network="mean", dim=50, hidden=200, epochs=1),
    "`cnn`, d 16, 3 x 16 filters": Config(network="cnn", dim=16, filters=16, epochs=1),
    "`cnn`, d 50, 3 x 100 filters": Config(network="cnn", dim=50, filters=100, epochs=1),
    "`lstm`, d 16, 32 units": Config(network="lstm", dim=16, units=32, epochs=1),
}


def measure():
    """Count for every model, dtype and processor; the vocabulary is closed, so that only the network differs."""
    check_data()
    texts = [example.text for example in read_corpus(DATA / FILES["TREC"]["test"]).examples][:TEXTS]
    results = {}
    for title, config in MODELS.items():
        dataset = prepare(DATA / FILES["TREC"]["data"], None, None, DATA / "vectors/vectors.300d.txt.gz", config)
        model = closed_vocabulary(run(dataset, config).model)
        tokens = [len(model.tokenizer(text, model.known_words)) for text in texts]
        row = {"multiply-adds": statistics.mean(map(model.network.multiply_adds, tokens))}
        for dtype, cpus in COUNTED.items():
            row[dtype] = {cpu: _mean(edm_bytes(model, dtype, common=0), texts, cpu) for cpu in cpus}
        results[title] = row
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    fill("instructions", table(results), PAGE)


def _mean(image, texts, cpu):
    with tempfile.TemporaryDirectory() as folder:
        write_c(Path(folder) / "c", image)
        return statistics.mean(count_instructions(Path(folder) / "c", [text.encode() for text in texts], cpu))


def table(results: dict) -> str:
    """Instructions a text, and a multiply-add, as Markdown."""
    lines = [f"| network | dtype | {' | '.join(CPUS)} |", "|---|---|" + "---|" * len(CPUS)]
    for title, row in results.items():
        for dtype in COUNTED:
            counts = [row[dtype].get(cpu) for cpu in CPUS]
            cells = ["" if count is None else f"{count:,.0f} ({count / row['multiply-adds']:.1f})" for count in counts]
            lines.append(f"| {title} | {dtype} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    fire.Fire(measure)
