"""What is added is a file of its own and one entry in embdistill/model/choices.py: then all else knows of it."""

import json

import pytest

from embdistill import load
from embdistill.cli import main
from embdistill.model.choices import NETWORKS, OBJECTIVES, TABLES, Choice
from gradient_check import gradients_agree, small_batch
from training_helpers import config


@pytest.fixture(autouse=True)
def toys(monkeypatch):
    monkeypatch.setitem(NETWORKS, "first", Choice("toy_parts:First", "the vector of the first word"))
    monkeypatch.setitem(OBJECTIVES, "brier", Choice("toy_parts:brier", "the gold labels, by the Brier score"))
    monkeypatch.setitem(TABLES, "front", Choice("toy_parts:front", "the first numbers of each large vector"))


@pytest.mark.parametrize("method", ["encode", "encode+soft+finetune", "encode+brier", "front", "front+brier+finetune"])
@pytest.mark.parametrize("network", ["first", "cnn"])
def test_train_save_load_evaluate(few_texts, few_vectors, tmp_path, capsys, method, network):
    out, settings = str(tmp_path / "run.h5"), ["--dim", "3", "--epochs", "3", "--filters", "4"]
    files = ["--data", str(few_texts), "--test", str(few_texts), "--vectors", str(few_vectors), "--out", out]
    assert main(["train", *files, "--network", network, "--method", method, *settings, "--json"]) == 0
    record = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (record["network"], record["method"]) == (network, method)
    model = load(out)
    assert model.network.name == network and set(model.predict(["turn the lamp on", ""])) <= {"light", "music"}
    assert main(["evaluate", out, "--data", str(few_texts), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["accuracy"] == record["test"]["accuracy"]
    assert main(["info", out]) == main(["verify", out]) == 0


def test_a_name_that_is_not_there_is_refused(capsys):
    assert main(["train", "--network", "firt"]) == 2
    assert "did you mean first?" in capsys.readouterr().err


def test_gradients_of_what_is_added():
    gradients_agree(small_batch(), "encode+brier", "first", dropout=0.4)
    assert config("front+brier").parsed.has_teacher is False
