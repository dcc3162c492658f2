"""ONNX: the answers in onnxruntime, and what the file says of the model."""

import json

import numpy as np
import pytest

from embdistill.cli import main
from embdistill.export import write
from embdistill.export.onnx import onnx_inputs
from embdistill.model.networks.cnn import Cnn
from embdistill.model.networks.lstm import Lstm
from embdistill.model.networks.mean import Mean
from embdistill.model.run_file import save_run
from model_helpers import made_for, random_model
from open_words_helpers import TEXTS, open_model


def onnx_logits(path, packed_batches):
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, onnx_inputs(packed))[0] for packed in packed_batches])


def test_onnx(run_file, model, texts, logits, tmp_path):
    import onnx

    path = tmp_path / "model.onnx"
    assert main(["export", str(run_file), "--to", "onnx", "--out", str(path)]) == 0
    found = onnx_logits(path, (model.pack(texts[i : i + 64]) for i in range(0, len(texts), 64)))
    np.testing.assert_allclose(found, logits, rtol=0, atol=1e-4)
    assert np.array_equal(found.argmax(axis=1), logits.argmax(axis=1))
    metadata = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert json.loads(metadata["labels"]) == model.labels
    assert metadata["words"].split("\n") == model.vocabulary.words
    assert json.loads(metadata["tokenizer"]) == {"split": "english", "lowercase": True}


@pytest.mark.parametrize("network", [Cnn(9, 4, 7, (2, 3), 5, 6), Lstm(9, 4, 7, "last", 5, 6)])
def test_onnx_of_relations(network, tmp_path):
    model = random_model(network, "the lamp is on a table".split())
    save_run(tmp_path / "run.h5", model)
    write(tmp_path / "run.h5", "onnx", tmp_path / "model.onnx")
    marked = ["<e1>the lamp</e1> is on <e2>a table</e2>", "on " * 20 + "<e2>lamp</e2> zzz <e1>table</e1>" + " is" * 9]
    packed = model.pack(marked)
    np.testing.assert_allclose(onnx_logits(tmp_path / "model.onnx", [packed]), model.logits(packed), atol=1e-5)


@pytest.mark.parametrize("correct", [True, False])
@pytest.mark.parametrize("subwords", [True, False])
@pytest.mark.parametrize("network", [Mean(9, 4, 7), Cnn(9, 4, 7, (2, 3), 5, 6)])
def test_onnx_of_models_that_read_other_words(network, correct, subwords, tmp_path):
    model = open_model(network, correct=correct, subwords=subwords)
    save_run(tmp_path / "run.h5", model)
    write(tmp_path / "run.h5", "onnx", tmp_path / "model.onnx")
    for texts in (TEXTS, ["turn the lamp"], ["zzz"], [""]):
        packed = model.pack(made_for(model, texts))
        logits = model.logits(packed)
        np.testing.assert_allclose(onnx_logits(tmp_path / "model.onnx", [packed]), logits, rtol=1e-5, atol=1e-4)
