"""What a model in an .edm file says of itself."""

import numpy as np
import pytest

import embdistill
import naive.edm
from embdistill import FormatError
from embdistill.cli import main
from embdistill.data.tokenizer import Tokenizer
from embdistill.export.edm import edm_bytes
from embdistill.model.edm import EdmModel
from embdistill.model.networks.cnn import Cnn
from embdistill.model.networks.lstm import Lstm
from model_helpers import CLOSE, HARD, NETWORKS, random_model


def test_what_a_model_says_of_itself(pair):
    model, edm = pair
    assert edm.labels == model.labels and edm.relations == model.relations and edm.tokenizer == model.tokenizer
    assert edm.vocabulary == len(model.vocabulary)
    assert edm.network["network"] == model.network.name and edm.network["dim"] == 7
    if isinstance(model.network, Lstm):
        assert edm.network["pooling"] == model.network.pooling
    if isinstance(model.network, Cnn):
        assert edm.network["widths"] == model.network.widths
    assert edm.network.get("position_reach", 0) == getattr(model.network, "position_reach", 0)
    assert edm.bytes["table"] == model.bytes["table"] + 16  # the header of the matrix
    assert edm.bytes["total"] == len(edm_bytes(model, "float32"))
    assert isinstance(edm.about, dict)


@pytest.mark.parametrize("tokenizer", [Tokenizer("whitespace"), Tokenizer(lowercase=False)], ids=str)
def test_the_settings_of_the_tokenizer_count(tokenizer):
    model = random_model(NETWORKS["mean"], tokenizer=tokenizer)
    edm = EdmModel(edm_bytes(model, "float32"))
    assert edm.tokenizer == tokenizer
    np.testing.assert_allclose(edm.predict_logits(HARD), model.logits(model.pack(HARD)), **CLOSE)


@pytest.mark.parametrize("about", [b"", b"[1]", b"{", b'{"a": "\xff"}', b"\xff\xfe"])
def test_a_model_that_says_nothing_sound_of_itself(tmp_path, capsys, about):
    image = naive.edm.with_section(edm_bytes(random_model(NETWORKS["mean"]), "float32"), b"META", about)
    (tmp_path / "model.edm").write_bytes(image)
    model = embdistill.load(tmp_path / "model.edm")
    assert model.predict(["lamp"]) == EdmModel(image).predict(["lamp"])  # it classifies all the same
    if about == b"":
        assert model.about == {}
        return
    with pytest.raises(FormatError, match=r"model\.edm: META is not"):
        _ = model.about
    for verb in ("info", "verify"):
        assert main([verb, str(tmp_path / "model.edm")]) == 2
        assert "model.edm: META is not" in capsys.readouterr().err
