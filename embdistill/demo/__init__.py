"""The built-in demo: spoken household requests, ten intents, and vectors for their words.

train.txt, dev.txt and test.txt were written for this project; the test split is phrased with words that the training
split does not have. vectors.h5 is made by benchmarks/programs/make_demo_vectors.py.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from embdistill.data.prepare import prepare
from embdistill.data.vectors import load_vectors, open_vectors
from embdistill.model.config import Config
from embdistill.progress import announce_compilation, say
from embdistill.storage.files import check_writable
from embdistill.training.experiment import run

FOLDER = Path(__file__).parent
TEST = FOLDER / "test.txt"
VECTORS = FOLDER / "vectors.h5"
METHODS = ("large", "direct", "encode")


def run_demo(config: Config, methods: Sequence[str], out) -> dict:
    """Train each of `methods`, and save the last as `out`.

    Returns the record of the saved run, with those of all runs under "runs".
    """
    check_writable(out)
    announce_compilation()
    say(f"demo: household requests, ten intents; methods {', '.join(methods)}")
    # The small table covers every word that has a vector, so that it also knows words that no sentence here has.
    words = frozenset(load_vectors(open_vectors(VECTORS))[0])
    dataset = prepare(FOLDER / "train.txt", FOLDER / "dev.txt", TEST, VECTORS, config, "fasttext", words)
    for note in dataset.notes:
        say(note)
    runs = [run(dataset, replace(config, method=name), out if name == methods[-1] else None) for name in methods]
    return {**runs[-1].record, "runs": [finished.record for finished in runs]}
