"""Instructions a text on aarch64, by dot products, by NEON without them, and by the loop that gcc vectorises.

Writes results/neon.json and the table of docs/runtime.md.

Run: EMBDISTILL_DATA=FOLDER python benchmarks/programs/neon.py; needs Debian's gcc-aarch64-linux-gnu,
libc6-dev-arm64-cross and qemu-user, whose log has a line for each instruction.
"""

import json
import subprocess
import tempfile
from itertools import product
from pathlib import Path

import fire
from instructions import MODELS

from corpora import DATA, FILES, check_data
from embdistill.data.corpora import read_corpus
from embdistill.data.prepare import prepare
from embdistill.export.c import write_c
from embdistill.export.edm import edm_bytes
from embdistill.export.variants import closed_vocabulary
from embdistill.training.experiment import run
from readme_table import fill

RESULTS = Path(__file__).parents[1] / "results" / "neon.json"
PAGE = "docs/runtime.md"
MODEL = "`cnn`, d 50, 3 x 100 filters"
TEXTS = 20  # the first of TREC's test part
CC = "aarch64-linux-gnu-gcc"
WAYS = {  # the processor, and options of the compiler
    "dot products": ("max", []),
    "NEON": ("cortex-a72", []),
    "the plain loop": ("cortex-a72", ["-U__ARM_NEON"]),
}
LEVELS = ("-O2", "-O3")
PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "embdistill.h"
#include "model_data.h"

int main(void)
{
    embdistill_model model;
    if (embdistill_open(&model, model_data, model_data_bytes) != EMBDISTILL_OK) return 1;
    const size_t bytes = embdistill_scratch_bytes(&model, 512);
    void *scratch = malloc(bytes), *weights = malloc(embdistill_unpack_bytes(&model));
    if (scratch == NULL || weights == NULL) return 1;
    embdistill_unpack(&model, weights);
    float logits[64];
    char text[512];
    while (fgets(text, sizeof text, stdin) != NULL) {
        const size_t length = strcspn(text, "\n");
        if (embdistill_logits(&model, text, length, scratch, bytes, logits, NULL) != EMBDISTILL_OK) return 1;
        fwrite(logits, sizeof *logits, model.classes, stdout);
    }
    return 0;
}
"""


def measure():
    """Count every way; their logits must be the same."""
    check_data()
    texts = [example.text for example in read_corpus(DATA / FILES["TREC"]["test"]).examples][:TEXTS]
    config = MODELS[MODEL]
    dataset = prepare(DATA / FILES["TREC"]["data"], None, None, DATA / "vectors/vectors.300d.txt.gz", config)
    image = edm_bytes(closed_vocabulary(run(dataset, config).model), "int8", common=0)
    results, answers = {"model": MODEL, "texts": TEXTS, "instructions": {}}, set()
    for (way, (cpu, options)), level in product(WAYS.items(), LEVELS):
        with tempfile.TemporaryDirectory() as folder:
            program = _compiled(Path(folder), image, [level, *options])
            nothing, _ = _counted(program, cpu, [])
            count, logits = _counted(program, cpu, texts)
        answers.add(logits)
        results["instructions"].setdefault(way, {})[level] = (count - nothing) / len(texts)
    assert len(answers) == 1, "the logits differ"
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    fill("neon", table(results), PAGE)


def _compiled(folder, image, options):
    write_c(folder / "c", image)
    (folder / "c/neon.c").write_text(PROGRAM)
    sources = ["neon.c", "embdistill.c", "model_data.c"]
    subprocess.run([CC, "-std=c99", "-static", *options, *sources, "-o", "neon"], cwd=folder / "c", check=True)
    return folder / "c/neon"


def _counted(program, cpu, texts):
    """Instructions of a run on texts, and what it prints."""
    asked, answered = program.with_suffix(".txt"), program.with_suffix(".out")
    asked.write_text("".join(f"{text}\n" for text in texts))
    words = ["qemu-aarch64", "-cpu", cpu, "-singlestep", "-d", "nochain,exec", program]
    with open(asked, "rb") as given, open(answered, "wb") as printed:
        running = subprocess.Popen(words, stdin=given, stdout=printed, stderr=subprocess.PIPE)
        count = sum(line.startswith(b"Trace") for line in running.stderr)
    assert running.wait() == 0
    return count, answered.read_bytes()


def table(results: dict) -> str:
    """Instructions a text, as Markdown."""
    rows = [
        f"| {way} | {' | '.join(f'{counts[level]:,.0f}' for level in LEVELS)} |"
        for way, counts in results["instructions"].items()
    ]
    return "\n".join([f"| products by | {' | '.join(LEVELS)} |", "|---|---|---|", *rows])


if __name__ == "__main__":
    fire.Fire(measure)
