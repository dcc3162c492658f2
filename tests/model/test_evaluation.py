"""The scores of a model on a file, the same for both kinds of model."""

from dataclasses import replace

import pytest

from embdistill.data.typos import Typos
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


def test_evaluate_with_typing_errors(tmp_path, pair_of_texts):
    texts = [f"turn the lamp on {i}, don't play a song, {i} dark" for i in range(40)]

    def write(texts):
        rows = [f'"{text}",{pair_of_texts[0].labels[i % 3]}\n' for i, text in enumerate(texts)]
        (tmp_path / "test.csv").write_text("text,label\n" + "".join(rows))
        return tmp_path / "test.csv"

    typos = Typos(0.5, 3)
    typed, words, edited = typos(texts)
    assert words == 5 * 40 and 0.4 < edited / words < 0.6
    for model in pair_of_texts:
        scores = evaluate(model, write(texts), typos=typos)
        with_errors = scores.pop("typos")
        assert scores == evaluate(model, write(texts))
        alone = evaluate(model, write(typed))
        assert with_errors == {"rate": 0.5, "seed": 3, "words": words, "edited": edited} | {
            name: alone[name] for name in ("accuracy", "macro_f1", "per_class", "confusion")
        }
        assert with_errors["confusion"] != scores["confusion"]
