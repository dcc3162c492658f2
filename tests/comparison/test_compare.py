"""Comparisons as a whole: the records are those of single runs, in order."""

import json
from dataclasses import replace

import numpy as np
import pytest

from comparison_helpers import CONFIG, METHODS, quick
from embdistill.comparison.statistics import overlap
from embdistill.data.typos import Typos
from embdistill.errors import UserError
from embdistill.model.evaluation import scores_with_typos
from embdistill.training import experiment


def test_records_are_in_order_and_are_those_of_single_runs(few_dataset, finished_comparison):
    folder, records = finished_comparison
    runs = [("large", 8)] + [(method, dim) for method in METHODS for dim in (4, 3)]
    assert [(r["method"], r["dim"], r["seed"]) for r in records] == [(*run, seed) for run in runs for seed in (0, 1)]
    single = experiment.run(few_dataset, replace(CONFIG, method="encode", dim=3, seed=1))
    assert records[-1]["weights_sha256"] == single.model.digest()
    assert records[-1]["test"] == single.record["test"]
    assert json.loads((folder / "results.json").read_text()) == records


def test_folds(few_dataset, tmp_path):
    records = quick(replace(few_dataset, test=None), tmp_path, seeds=(0,), folds=4)
    assert [record["fold"] for record in records] == [0, 1, 2, 3] * 2
    assert {tuple(record["sentences"].items()) for record in records} == {(("train", 30), ("test", 10))}
    assert overlap(records) == pytest.approx(1 / 3)
    assert "Nadeau" in (tmp_path / "summary.md").read_text()
    assert "fold" in (tmp_path / "report.html").read_text()


def test_teachers_are_trained_once_and_small_vectors_are_for_direct_alone(few_dataset, tmp_path):
    small = np.zeros((len(few_dataset.vectors), 4), np.float32)
    small[1:] = np.random.default_rng(0).normal(size=(len(small) - 1, 4))
    plain = quick(few_dataset, tmp_path / "plain", methods=["direct", "encode+soft", "pca+soft"], seeds=(0,))
    assert len(list((tmp_path / "plain" / "teachers").glob("*.h5"))) == 1
    with_vectors = replace(few_dataset, small_vectors=small)
    started = quick(with_vectors, tmp_path / "started", methods=["direct", "encode+soft"], seeds=(0,))
    assert started[0]["weights_sha256"] != plain[0]["weights_sha256"]
    assert started[1]["weights_sha256"] == plain[1]["weights_sha256"]


def test_refuses_a_dataset_without_test_split(few_dataset, tmp_path):
    with pytest.raises(UserError, match="--test is missing"):
        quick(replace(few_dataset, test=None), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_typing_errors_are_scored_beside(few_dataset, finished_comparison, tmp_path):
    typos = Typos(0.5, 1)
    records = quick(few_dataset, tmp_path, methods=["direct", "encode"], seeds=(0, 1), typos=typos)
    plain = {(r["method"], r["dim"], r["seed"]): r for r in finished_comparison[1]}
    for record in records:
        same = plain[record["method"], record["dim"], record["seed"]]
        assert (record["test"], record["weights_sha256"]) == (same["test"], same["weights_sha256"])
        assert record["typos"] == {"rate": 0.5, "seed": 1}
    single = experiment.run(few_dataset, replace(CONFIG, method="direct", seed=1))
    for name, split in (("test", few_dataset.test), ("dev", few_dataset.with_dev(1).dev)):
        scores = records[1][f"{name}_typos"]
        assert scores == scores_with_typos(single.model, split.texts, split.labels, typos)
        assert 0 < scores["edited"] < scores["words"] and len(split.texts) == len(split.labels)
    row = json.loads((tmp_path / "summary.json").read_text())[0]
    assert row["typos"]["test"]["mean"] == np.mean([r["test_typos"]["accuracy"] for r in records[:2]])
    assert row["typos"]["dev"]["mean"] == np.mean([r["dev_typos"]["accuracy"] for r in records[:2]])
    for name, said in (("summary.md", "| dev typos % |"), ("summary.md", "a share of 0.5"), ("report.html", "typos %")):
        assert said in (tmp_path / name).read_text()
    assert "with typing" in (tmp_path / "accuracy_bytes.svg").read_text()
    assert "test_typos.accuracy" in (tmp_path / "results.csv").read_text().splitlines()[0]


def test_typing_errors_of_folds(few_dataset, tmp_path):
    typos = Typos(0.5)
    records = quick(replace(few_dataset, test=None), tmp_path, methods=["direct"], seeds=(0,), folds=4, typos=typos)
    folds = [replace(few_dataset, test=None).fold(k, 4, 0) for k in range(4)]
    assert [r["test_typos"]["edited"] for r in records] == [typos(fold.test.texts).edited for fold in folds]
    assert sorted(text for fold in folds for text in fold.test.texts) == sorted(few_dataset.train.texts)
    for fold in folds:
        for split in (fold.train, fold.test):
            assert np.array_equal(fold.vocabulary.pack(map(fold.tokenizer, split.texts)).ids, split.packed.ids)
