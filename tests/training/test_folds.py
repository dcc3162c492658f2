"""Cross-validation."""

import json
from itertools import pairwise

import numpy as np
import pytest

from embdistill.cli import main
from embdistill.data.prepare import prepare
from embdistill.model.config import Config
from embdistill.training.experiment import cross_validate
from training_helpers import config


def test_folds_share_out_the_examples(few_texts, few_vectors):
    dataset = prepare(few_texts, None, None, few_vectors, config())
    for folds in (2, 3, 7, 40):
        parts = [dataset.fold(k, folds, 5) for k in range(folds)]
        sentences = [_sentences(split.test) for split in parts]
        assert sorted(sum(sentences, [])) == sorted(_sentences(dataset.train))
        for split, test in zip(parts, sentences, strict=True):
            assert sorted(_sentences(split.train) + test) == sorted(_sentences(dataset.train))
        counts = np.array([np.bincount(split.test.labels, minlength=2) for split in parts])
        assert np.ptp(counts, axis=0).max() <= 1 and np.ptp(counts.sum(axis=1)) <= 1
        again = [_sentences(dataset.fold(k, folds, 5).test) for k in range(folds)]
        assert again == sentences
    assert _sentences(dataset.fold(0, 3, 6).test) != _sentences(dataset.fold(0, 3, 5).test)


def _sentences(split):
    ids, offsets, *_ = split.packed
    bounds = pairwise(offsets)
    return [(int(label), *ids[a:b].tolist()) for (a, b), label in zip(bounds, split.labels, strict=True)]


def test_means_over_the_folds(few_texts, few_vectors, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["train", "--data", few_texts, "--vectors", few_vectors, "--folds", "3", "--json", "--network", "mean"]
    assert main([str(word) for word in [*words, "--epochs", "2", "--dim", "4"]]) == 0
    record = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert not list(tmp_path.iterdir()) and record["folds"] == len(record["runs"]) == 3
    assert [r["fold"] for r in record["runs"]] == [0, 1, 2]
    for split in ("dev", "test", "bytes", "seconds", "microseconds"):
        for name, mean in record[split].items():
            assert mean == pytest.approx(np.mean([r[split][name] for r in record["runs"]])), (split, name)
    dataset = prepare(few_texts, None, None, few_vectors, Config(network="mean", epochs=2, dim=4))
    again = cross_validate(dataset, Config(network="mean", epochs=2, dim=4), 3)
    assert again["test"] == record["test"]
