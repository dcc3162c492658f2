"""Thousands of classes: the size of a run file, the memory of evaluate, and what it prints."""

import json
import tracemalloc

import numpy as np
import pytest

from cli_helpers import command, process
from embdistill.export.edm import edm_bytes
from embdistill.model.edm import EdmModel
from embdistill.model.evaluation import evaluate
from embdistill.model.networks.mean import Mean
from glove_helpers import FILES, WORDS, texts
from model_helpers import random_model

GLOVE = FILES / "d00_glove.txt"


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A run of 3,000 classes, and what it printed: a folder."""
    folder = tmp_path_factory.mktemp("many")
    rng = np.random.default_rng(0)
    names = [f"class {k}" for k in range(3000)]
    rows = [f"{WORDS[k % 66]} {WORDS[k // 66]} {WORDS[rng.integers(66)]},{name}\n" for k, name in enumerate(names)]
    (folder / "texts.csv").write_text("text,label\n" + "".join(rows + rows))
    words = ["--data", "texts.csv", "--test", "texts.csv", "--vectors", GLOVE, "--network", "mean", "--dim", "4"]
    command("train", *words, "--epochs", "1", "--hidden", "200", "--batch", "500", "--out", "run.h5", cwd=folder)
    return folder


def test_a_run_file_is_in_proportion_to_its_model(many):
    stdout, _ = command("info", "run.h5", "--json", cwd=many)
    record = json.loads(stdout)["record"]
    assert (many / "run.h5").stat().st_size < 1.6 * record["bytes"]["total"]
    assert len(record["test"]["confusions"]) == 20 and "confusion" not in record["test"]


def test_evaluate_prints_the_commonest_confusions(many):
    stdout, _ = command("evaluate", "run.h5", "--data", "texts.csv", cwd=many)
    assert len(stdout) < 300_000 and "confused most often" in stdout
    whole, _ = command("evaluate", "run.h5", "--data", "texts.csv", "--confusion", "pairs", "--json", cwd=many)
    pairs = json.loads(whole)["confusions"]
    scores = json.loads(whole)
    assert sum(pair["count"] for pair in pairs) == round(6000 * (1 - scores["accuracy"] / 100))
    shown = stdout.split("class predicted\n")[1].splitlines()
    assert shown == [f"{p['count']:>7} {p['gold']} -> {p['predicted']}" for p in pairs[:20]]


def test_the_whole_matrix_on_demand(many):
    stdout, _ = command("evaluate", "run.h5", "--data", "texts.csv", "--confusion", "full", "--json", cwd=many)
    matrix = np.array(json.loads(stdout)["confusion"])
    assert matrix.shape == (3000, 3000) and (matrix.sum(axis=1) == 2).all()


@pytest.mark.parametrize("kind", [lambda model: model, lambda model: EdmModel(edm_bytes(model, "float32"))])
def test_the_memory_of_20_000_classes(write, kind):
    """All logits would take 80 MB, the confusion matrix 3.2 GB."""
    model = random_model(Mean(dim=4, classes=20_000, hidden=8), words=WORDS)
    model.labels = [f"class {c}" for c in range(20_000)]
    rows = "".join(f"{text},class {7 * i}\n" for i, text in enumerate(texts(1000)))
    path, model = write(f"text,label\n{rows}", "t.csv"), kind(model)
    tracemalloc.start()
    scores = evaluate(model, path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(scores["per_class"]) == 20_000 and len(scores["confusions"]) == 20
    assert peak < 60e6


def test_confusion_must_be_a_known_word(many):
    ended = process(many, "evaluate", "run.h5", "--data", "texts.csv", "--confusion", "matrix")
    assert ended.returncode == 2
    assert ended.stderr.decode() == "embdistill: --confusion matrix: must be one of auto, pairs, full\n"
