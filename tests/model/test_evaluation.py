"""The scores of a model on a file, the same for both kinds of model."""

from dataclasses import replace

import pytest

from embdistill.export.edm import edm_bytes
from embdistill.model.edm import EdmModel
from embdistill.model.evaluation import evaluate
from model_helpers import NETWORKS, made_for, random_model


@pytest.mark.parametrize("network", ["relations cnn", "relations lstm"])
def test_evaluate_relations(tmp_path, network):
    labels = ["Cause-Effect(e1,e2)", "Cause-Effect(e2,e1)", "Other"]
    model = replace(random_model(NETWORKS[network]), labels=labels)
    texts = made_for(model, ["turn", "lamp , . don't", "zzz zzz", "dark off"] * 10)
    blocks = [f'{i}\t"{text}"\n{labels[i % 3]}\nComment: made up\n\n' for i, text in enumerate(texts, 1)]
    (tmp_path / "test.txt").write_text("".join(blocks))
    scores = evaluate(EdmModel(edm_bytes(model, "float32")), tmp_path / "test.txt")
    assert scores == evaluate(model, tmp_path / "test.txt")
    assert scores["examples"] == 40 and "official_f1" in scores
