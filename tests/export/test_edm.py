"""The .edm image: what it holds, by an independent reader, and its answers."""

import json
import struct

import numpy as np
import pytest

import naive.edm
from embdistill import UserError
from embdistill.export.edm import edm_bytes, without_common
from embdistill.model import word_index as index
from embdistill.model.classifier import Model
from embdistill.model.edm import EdmModel
from embdistill.model.networks.cnn import Cnn
from embdistill.model.networks.mean import Mean
from model_helpers import random_model
from open_words_helpers import open_model


@pytest.mark.parametrize("dtype", ["float32", "int8", "int4"])
def test_an_image_says_what_the_model_is(model, dtype):
    image = edm_bytes(model, dtype)
    found = naive.edm.sections(image)
    assert image == edm_bytes(model, dtype)
    assert found["LABL"].decode().split("\0") == [*model.labels, ""]
    assert json.loads(found["META"])["weights_sha256"] == model.digest()
    assert struct.unpack("<2I", found["TOKN"]) == (0, 1)
    rows = [naive.edm.lookup(found["WORD"], word) for word in model.vocabulary.words[1:]]
    assert sorted(rows) == list(range(1, len(model.vocabulary)))
    assert len(found["WORD"]) == index.index_bytes(len(rows), short=dtype == "int4")
    assert struct.unpack("<3I", found["COMN"][:12]) == (0, rows[0], rows[1])

    if dtype != "float32":  # its weights are read by tests/kernels/runtime/test_integers.py
        table = naive.edm.matrix(found["TABL"], 0)
        return np.testing.assert_allclose(
            table, model.table[np.argsort([0, *rows])], rtol=0, atol={"int8": 0.02, "int4": 0.3}[dtype]
        )
    first = {"Mean": "hidden", "Cnn": "conv", "Lstm": "lstm"}[type(model.network).__name__]
    shown = {
        "TABL": (model.table[np.argsort([0, *rows])], 0),
        "MAPW": (model.values[f"{first}.weight"].T, 1),
        "MAPB": (model.values[f"{first}.bias"][None], 0),
        "OUTW": (model.values["output.weight"], 0),
        "OUTB": (model.values["output.bias"][None], 0),
    }
    for name, (wanted, axis) in shown.items():
        assert np.array_equal(naive.edm.matrix(found[name], axis), wanted)
    if first == "lstm":
        for name, wanted in zip(("RECF", "RECB"), model.values["lstm.recurrent"], strict=True):
            assert np.array_equal(naive.edm.matrix(found[name], 1), wanted.T)


def test_unknown_words_have_row_0(model):
    section = naive.edm.sections(edm_bytes(model))["WORD"]
    assert [naive.edm.lookup(section, f"unheard{i}") for i in range(300)] == [0] * 300


def test_labels_and_widths_that_no_image_holds(model):
    with pytest.raises(UserError, match="NUL"):
        edm_bytes(Model(**{**vars(model), "labels": ["a\0", *model.labels[1:]]}))
    many = random_model(Cnn(2, 2, 1, tuple(range(1, 10))), ["a"])
    with pytest.raises(UserError, match="9 widths"):
        edm_bytes(many)


def test_edm_from_python(model, texts, logits):
    found = EdmModel(edm_bytes(model)).predict_logits(texts)
    np.testing.assert_allclose(found, logits, rtol=0, atol=1e-4)
    assert np.array_equal(found.argmax(axis=1), logits.argmax(axis=1))


@pytest.mark.parametrize("dtype", ["float32", "int8", "int4"])
def test_what_reads_other_words(dtype):
    made = open_model(Mean(7, 3, 9))
    image = edm_bytes(made, dtype)
    found = naive.edm.sections(image)
    version = {"float32": 2, "int8": 3, "int4": 3}[dtype]
    assert struct.unpack_from("<I", image, 8) == (version,)
    _, order = index.index_words(made.vocabulary.words[1:], short=dtype == "int4")
    assert found["CORR"] == made.correction.section(order)
    assert struct.unpack("<2I", found["SUBW"][:8]) == (3, 6)
    tolerance = {"float32": 0, "int8": 0.03, "int4": 0.5}[dtype]
    np.testing.assert_allclose(naive.edm.matrix(found["SUBW"][8:], 0), made.subwords.buckets, rtol=0, atol=tolerance)
    assert struct.unpack_from("<I", without_common(image), 8) == (version,)


@pytest.mark.parametrize(("correct", "subwords"), [(True, False), (False, True), (False, False)])
def test_the_version_says_whether_an_image_reads_other_words(correct, subwords):
    image = edm_bytes(open_model(Mean(7, 3, 9), correct=correct, subwords=subwords))
    assert struct.unpack_from("<I", image, 8) == (1 + (correct or subwords),)
    assert ("CORR" in naive.edm.sections(image)) == correct and ("SUBW" in naive.edm.sections(image)) == subwords


def test_subwords_that_are_not_finite(model):
    made = open_model(Mean(7, 3, 9))
    made.subwords.buckets[0, 0] = np.inf
    with pytest.raises(UserError, match="subwords of the model"):
        edm_bytes(made)
