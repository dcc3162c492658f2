"""Small models of every kind as .edm images, the same ones each time, for the hostile tests and the fuzzers.

Run: PYTHONPATH=tests python tests/kernels/runtime/hostile/seed_images.py FOLDER
"""

import struct
import sys
from pathlib import Path

import naive.edm
from embdistill.data.tokenizer import Tokenizer
from embdistill.export.edm import edm_bytes
from embdistill.model.networks.cnn import Cnn
from embdistill.model.networks.lstm import Lstm
from embdistill.model.networks.mean import Mean
from model_helpers import random_model
from open_words_helpers import OpenModel

WORDS = "the a of is it film good bad not n't 's U.S. 10:30 straße 電影 o'clock lamp l' ami 電 ไป".split()
POSITIONS = {"position_dim": 2, "position_reach": 2}
NETWORKS = {
    "mean": Mean(3, 2, 5),
    "cnn": Cnn(3, 3, 2, (1, 2, 4)),
    "cnn_relations": Cnn(2, 4, 3, (2,), **POSITIONS),
    "lstm_max": Lstm(3, 2, 2, "max"),
    "lstm_last_relations": Lstm(2, 3, 1, "last", **POSITIONS),
}
SPELLINGS = struct.pack("<2I", 64, 3) + bytes(range(8))  # whatever words these bits are of
OPEN = ["mean", "cnn_relations"]  # those that also read words that are not in their index


def seed_images() -> dict[str, bytes]:
    """Images by name."""
    images = {}
    for name, network in NETWORKS.items():
        for dtype in ("float32", "int8", "int4"):
            tokenizer = Tokenizer("english" if dtype == "float32" else "whitespace", lowercase=dtype == "int8")
            images[f"{name}_{dtype}"] = edm_bytes(random_model(network, WORDS, tokenizer), dtype, common=3)
    for name in OPEN:
        for dtype in ("float32", "int8", "int4"):
            image = OpenModel(NETWORKS[name], WORDS, dtype, buckets=3).image
            images[f"{name}_open_{dtype}"] = naive.edm.with_section(image, b"SPEL", SPELLINGS)
    return images


def write(folder: Path) -> list[Path]:
    """The images as files in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, image in seed_images().items():
        paths.append(folder / f"{name}.edm")
        paths[-1].write_bytes(image)
    return paths


if __name__ == "__main__":
    print(*write(Path(sys.argv[1])), sep="\n")
