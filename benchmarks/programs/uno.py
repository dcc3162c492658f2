"""TREC's questions, answered by a simulated Arduino Uno; writes results/uno.json and its table.

Run: OPENBLAS_NUM_THREADS=1 EMBDISTILL_DATA=FOLDER python benchmarks/programs/uno.py [--work FOLDER]
with the Debian packages that tests/kernels/runtime/processors/arduino.py names. The model is chosen on the dev split.
The example of the Arduino library, compiled with Arduino's own code, is asked the test part; the bits of the logits are
compared with those of Python. Run files are trained below --work, as those of budget.py.
"""

import json
import statistics
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import fire
import numpy as np
from budget import TREC, WORK, trained

from corpora import DATA, FILES
from embdistill.data.corpora import read_corpus
from embdistill.export.boards import write_arduino
from embdistill.export.budget import Budget, choose
from embdistill.export.c import write_c
from embdistill.model.edm import EdmModel
from readme_table import ROOT, fill

sys.path.insert(0, str(ROOT / "tests/kernels/runtime"))
from processors.arduino import run_example
from processors.programs import count_instructions, run
from processors.targets import UNO, UNO_FLASH, UNO_RAM

RESULTS = Path(__file__).parents[1] / "results" / "uno.json"
PAGE = "docs/microcontroller.md"
SETTINGS = f"{TREC} --network mean --method encode2+soft --hidden 48 --subwords 0 --correct False --seed 0"
DIMS = (8, 10, 16)
FLASH = 29 * 1024  # as docs/microcontroller.md says of an Uno
SIZES = dict(tokens=40, text_bytes=160)  # of the example
KILOHERTZ = 16_000


def measure(work=WORK):
    """Choose a model, and have the board answer all 500 questions of the test part."""
    paths = [str(trained(f"{SETTINGS} --dim {dim}", Path(work))) for dim in DIMS]
    choice = choose(paths, Budget(FLASH), ("int8", "int4"), data=DATA / FILES["TREC"]["data"])
    examples = read_corpus(DATA / FILES["TREC"]["test"]).examples
    texts, labels = [example.text.encode() for example in examples], [example.label for example in examples]
    with tempfile.TemporaryDirectory() as folder:
        write_arduino(Path(folder) / "Trec", choice.image)
        example = run_example(Path(folder) / "Trec", texts)
        write_c(Path(folder) / "c", choice.image)
        done = run(Path(folder) / "c", texts, UNO, **SIZES)
        cycles = count_instructions(Path(folder) / "c", texts, UNO, **SIZES)
    logits = np.array([values for _, values in done.answers], np.float32)
    if logits.tobytes() != EdmModel(choice.image).predict_logits(texts).tobytes():
        raise ValueError("the logits of the board are not those of Python")
    if example.answers != [label for label, _ in done.answers]:
        raise ValueError("the example gives other labels than the firmware of the tests")
    result = {
        "train": [f"train {SETTINGS} --dim {dim}" for dim in DIMS],
        "chosen": {**asdict(choice.chosen), "model": Path(choice.chosen.model).name},
        "accuracy": 100 * statistics.mean(map(str.__eq__, example.answers, labels)),
        "example": {"flash": example.flash, "ram": example.ram},
        "firmware": done.sizes,
        "cycles": {"mean": statistics.mean(cycles), "most": max(cycles)},
    }
    RESULTS.write_text(json.dumps(result, indent=1) + "\n")
    fill("uno", table(result), PAGE)


def table(result: dict) -> str:
    """What the model is, what it takes of the board and what it answers, as Markdown."""
    chosen, example, cycles = result["chosen"], result["example"], result["cycles"]
    words = f"{chosen['words']:,} words, d = {chosen['dim']}, {chosen['dtype']}, 48 hidden units"
    rows = {
        "model, chosen on dev": words,
        f"flash of {UNO_FLASH:,}: the model": f"{chosen['bytes']:,}",
        "the example with Arduino's own code": f"{example['flash'] - chosen['bytes']:,}",
        f"RAM of {UNO_RAM:,}, with heap and deepest stack": f"{example['ram']:,}",
        "milliseconds a text at 16 MHz, mean and most": " and ".join(
            f"{cycles[name] / KILOHERTZ:.1f}" for name in ("mean", "most")
        ),
        "**accuracy**, all 500 test questions": f"**{result['accuracy']:.1f} %**",
        "accuracy on dev": f"{chosen['dev']:.1f} %",
    }
    return "\n".join(["| Arduino Uno, TREC | |", "|---|---|", *(f"| {row} | {value} |" for row, value in rows.items())])


if __name__ == "__main__":
    fire.Fire(measure)
