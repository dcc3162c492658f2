"""Cross-validation."""

import json
from itertools import pairwise

import numpy as np
import pytest

from embdistill.cli import main
from embdistill.data.prepare import prepare
from embdistill.model.config import Config
from embdistill.model.evaluation import predicted_of
from embdistill.model.metrics import accuracy
from embdistill.model.run_file import load_run
from embdistill.training.experiment import cross_validate, run
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


@pytest.mark.parametrize("settings", [dict(subwords=0, correct=False), dict(subwords=30)])
def test_a_fold_of_texts_without_spaces_is_scored_as_the_saved_model_reads_them(tmp_path, settings):
    """快递包裹 is a word of the vectors, and in one text alone: a model that did not learn it reads its halves."""
    words = "快递包裹 快递 包裹 我 你 寄 收 พัสดุของ พัสดุ ของ ฉัน".split()
    (tmp_path / "v.txt").write_text("".join(f"{word} {i}.5 {9 - i} {i % 3}\n" for i, word in enumerate(words)))
    texts = "我寄快递,a 我寄快递包裹,b 你收包裹,b 你寄包裹,b 我收快递,a พัสดุของฉัน,a ฉันของพัสดุ,b ของฉัน,a"
    (tmp_path / "t.csv").write_text("text,label\n" + texts.replace(" ", "\n") + "\n")
    options = Config(network="mean", epochs=3, dim=3, **settings)
    whole = prepare(tmp_path / "t.csv", None, None, tmp_path / "v.txt", options, folds=4)
    split_anew = 0
    for k in range(4):
        fold = whole.fold(k, 4, 0)
        model = run(fold, options, tmp_path / "run.h5").model
        known = model.vocabulary.pack(model.tokenizer(text, model.known_words) for text in fold.test.texts)
        assert np.array_equal(fold.test.packed.ids, known.ids)
        assert np.array_equal(fold.test.packed.offsets, known.offsets)
        saved = load_run(tmp_path / "run.h5")
        expected = accuracy(fold.test.labels, predicted_of(saved, fold.test.texts))
        assert saved.about["record"]["test"]["accuracy"] == expected
        split_anew += "我寄快递包裹" in fold.test.texts
        if "我寄快递包裹" in fold.test.texts:
            assert "快递包裹" not in fold.vocabulary.index and len(known.ids) >= 4
    assert split_anew == 1
