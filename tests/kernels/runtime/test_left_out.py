"""The runtime without some of its parts, for devices that do not need them."""

import itertools
import subprocess

import numpy as np
import pytest

from c_helpers import STRICT, needed
from embdistill.export.c import write_c
from embdistill.export.edm import edm_bytes
from embdistill.model.edm import EdmModel
from model_helpers import NETWORKS, random_model
from open_words_helpers import TEXTS, OpenModel

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


def compiled(compiler, folder, image, left_out):
    """The program of a C project of the image without some parts."""
    write_c(folder, image)
    flags = " ".join([*STRICT, "-O1", *(f"-D{macro}" for macro in left_out)])
    subprocess.run([needed("make"), "-s", f"CC={needed(compiler)}", f"CFLAGS={flags}"], cwd=folder, check=True)
    return folder / "classify"


def in_c(folder, image, texts, left_out, compiler="gcc"):
    """The logits (B, C) that the program gives."""
    program = compiled(compiler, folder, image, left_out)
    lines = [text if isinstance(text, bytes) else text.encode() for text in texts]
    answered = subprocess.run([program, "--logits"], input=b"\n".join([*lines, b""]), capture_output=True)
    return np.array([line.split("\t")[1:] for line in answered.stdout.decode().splitlines()], float)


@pytest.mark.parametrize("left_out", [MACROS[:1], MACROS[1:], MACROS], ids="+".join)
def test_what_is_left_out_and_what_stays(left_out, tmp_path):
    image = edm_bytes(random_model(NETWORKS["cnn"]))
    texts = [*PLAIN, *COMPOSED, *SEGMENTED]
    answers = in_c(tmp_path / "c", image, texts, left_out)
    same = (np.abs(answers - EdmModel(image).predict_logits(texts)).max(axis=1) < 1e-4).tolist()
    kinds = [
        [True] * len(PLAIN),
        [MACROS[0] not in left_out] * len(COMPOSED),
        [MACROS[1] not in left_out] * len(SEGMENTED),
    ]
    assert same == list(itertools.chain.from_iterable(kinds))


@pytest.mark.parametrize(("correct", "subwords"), [(True, True), (True, False), (False, True), (False, False)])
def test_without_corrections_and_ngrams_words_are_unknown(correct, subwords, tmp_path):
    image, texts = OpenModel(NETWORKS["cnn"], dtype="int8").image, [text for text in TEXTS if "\n" not in str(text)]
    left_out = ["EMBDISTILL_NO_CORRECTION"] * (not correct) + ["EMBDISTILL_NO_SUBWORDS"] * (not subwords)
    expected = EdmModel(image, correct=correct, subwords=subwords).predict_logits(texts)
    np.testing.assert_allclose(in_c(tmp_path / "c", image, texts, left_out), expected, rtol=2e-5, atol=1e-4)


NETWORK_MACROS = {name: f"EMBDISTILL_NO_{name.upper()}" for name in ("mean", "cnn", "lstm")}


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("network", NETWORK_MACROS)
def test_without_the_other_networks(compiler, network, tmp_path):
    image = edm_bytes(random_model(NETWORKS[network]))
    others = [macro for name, macro in NETWORK_MACROS.items() if name != network]
    expected = EdmModel(image).predict_logits(PLAIN)
    np.testing.assert_allclose(in_c(tmp_path / "c", image, PLAIN, others, compiler), expected, rtol=2e-5, atol=1e-4)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("network", NETWORK_MACROS)
def test_a_model_whose_network_was_left_out_is_refused(compiler, network, tmp_path):
    image = edm_bytes(random_model(NETWORKS[network]))
    program = compiled(compiler, tmp_path / "c", image, [NETWORK_MACROS[network]])
    done = subprocess.run([program], input=b"lamp\n", capture_output=True)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"embdistill: model_data.c: what it computes with was left out of this program")
    assert done.stderr.count(b"\n") == 1
