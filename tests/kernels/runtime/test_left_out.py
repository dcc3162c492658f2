"""The runtime without composing, and without words that no space sets apart, for devices that need neither."""

import itertools
import subprocess

import numpy as np
import pytest

from c_helpers import STRICT, needed
from embdistill.export.c import write_c
from embdistill.export.edm import edm_bytes
from embdistill.model.edm import EdmModel
from model_helpers import NETWORKS, random_model

MACROS = ["EMBDISTILL_NO_COMPOSE", "EMBDISTILL_NO_SEGMENT"]
PLAIN = [
    "turn the LAMP on",
    "don't play a song.",
    "zzz",
    "café ÜBER",
    "快递 包裹 homme's",
    b"caf\xe9 don\x92t",
    "a``b''",
]
COMPOSED = ["cafe\u0301", "u\u0308ber", "la\xadmp", "é\u200d lamp"]
SEGMENTED = ["我的快递包裹", "ไปไป", "l'homme"]


@pytest.mark.parametrize("left_out", [MACROS[:1], MACROS[1:], MACROS], ids="+".join)
def test_what_is_left_out_and_what_stays(left_out, tmp_path):
    image = edm_bytes(random_model(NETWORKS["cnn"]))
    write_c(tmp_path / "c", image)
    flags = " ".join([*STRICT, "-O1", *(f"-D{macro}" for macro in left_out)])
    subprocess.run([needed("make"), "-s", f"CC={needed('gcc')}", f"CFLAGS={flags}"], cwd=tmp_path / "c", check=True)
    texts = [text if isinstance(text, bytes) else text.encode() for text in [*PLAIN, *COMPOSED, *SEGMENTED]]
    answered = subprocess.run([tmp_path / "c/classify", "--logits"], input=b"\n".join(texts), capture_output=True)
    lines = [line.split("\t")[1:] for line in answered.stdout.decode().splitlines()]
    expected = EdmModel(image).predict_logits(texts)
    same = (np.abs(np.array(lines, float) - expected).max(axis=1) < 1e-4).tolist()
    kinds = [
        [True] * len(PLAIN),
        [MACROS[0] not in left_out] * len(COMPOSED),
        [MACROS[1] not in left_out] * len(SEGMENTED),
    ]
    assert same == list(itertools.chain.from_iterable(kinds))
