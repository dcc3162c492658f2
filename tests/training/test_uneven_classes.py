"""Training where one class has nearly all texts: class weights, and the choice of the epoch by macro-F1."""

from dataclasses import replace

import numpy as np
import pytest

from embdistill.data.dataset import Split
from embdistill.data.packed import Packed
from embdistill.errors import UserError
from embdistill.model import metrics
from embdistill.model.config import Config
from embdistill.model.losses import sentence_weights
from embdistill.training import loop
from embdistill.training.experiment import run
from embdistill.training.loop import best_of, measure
from embdistill.training.teachers import teacher_configs
from training_helpers import config, trained


def uneven(dataset, texts=400):
    """The dataset with texts of two words: one in twelve of class 1, which the words tell only in part."""
    rng = np.random.default_rng(0)

    def split():
        labels = (np.arange(texts) % 12 == 0).astype(np.int32)
        words = np.where(rng.random((texts, 2)) < 0.35, rng.integers(1, 9, (texts, 2)), 1 + labels[:, None])
        return Split(Packed(words.reshape(-1).astype(np.int32), 2 * np.arange(texts + 1)), labels)

    return replace(dataset, train=split(), dev=split(), test=split())


def scores(dataset, **settings):
    """Recall of the rare class, and macro-F1, on dev; and the history."""
    learner, history = trained(dataset, config("direct", **settings))
    predicted, _ = measure(learner, dataset.dev)
    rare = metrics.per_class(metrics.count(dataset.dev.labels, predicted, 2))[1]["recall"]
    return rare, metrics.macro_f1(dataset.dev.labels, predicted), history


def test_balanced_weights_raise_the_recall_of_the_rare_class(dataset):
    plain, *_ = scores(uneven(dataset), epochs=5)
    balanced, *_ = scores(uneven(dataset), epochs=5, class_weights="balanced")
    assert balanced > plain + 10


def test_weights_of_even_classes_change_nothing(dataset):
    """Each weight is then 1, to the byte."""
    even = replace(dataset, train=dataset.train.select(np.argsort(dataset.train.labels, kind="stable")[2:]))
    counts = np.bincount(even.train.labels)
    order = np.sort(np.concatenate([np.flatnonzero(even.train.labels == c)[: counts.min()] for c in (0, 1)]))
    even = replace(even, train=even.train.select(order))
    assert (sentence_weights(even.train.labels, "balanced") == 1).all()
    digests = {run(even, config(class_weights=name)).model.digest() for name in ("none", "balanced")}
    assert len(digests) == 1


def test_the_epoch_is_chosen_by_macro_f1(dataset, monkeypatch):
    """The predictions of the epochs are given: the second is the most accurate, the third the one with the best F1."""
    data = uneven(dataset)
    gold = data.dev.labels
    rare = np.flatnonzero(gold)
    poor = np.ones_like(gold)
    accurate = np.zeros_like(gold)
    fair = gold.copy()
    fair[np.flatnonzero(gold == 0)[:60]] = 1
    assert metrics.accuracy(gold, accurate) > metrics.accuracy(gold, fair) and len(rare)
    for select, best in (("accuracy", 2), ("macro_f1", 3)):
        epochs = iter([poor, accurate, fair])
        monkeypatch.setattr(loop, "measure", lambda *_, epochs=epochs: (next(epochs), 0.5))
        _, history = trained(data, config("direct", epochs=3, select=select))
        assert best_of(history).number == best
        expected = {"accuracy": metrics.accuracy, "macro_f1": metrics.macro_f1}[select]
        assert [epoch.dev_score for epoch in history] == [expected(gold, p) for p in (poor, accurate, fair)]
        assert [epoch.dev_accuracy for epoch in history] == [metrics.accuracy(gold, p) for p in (poor, accurate, fair)]


def test_teachers_are_trained_with_the_same_weights_and_choice():
    for teacher in teacher_configs(config("encode+soft+ensemble", class_weights="balanced", select="macro_f1")):
        assert (teacher.class_weights, teacher.select) == ("balanced", "macro_f1")


def test_the_settings_are_recorded(dataset, tmp_path):
    record = run(dataset, config(class_weights="balanced", select="macro_f1"), tmp_path / "run.h5").record
    assert record["config"]["class_weights"] == "balanced" and record["config"]["select"] == "macro_f1"


@pytest.mark.parametrize("wrong", [{"class_weights": "even"}, {"select": "f1"}])
def test_other_words_are_refused(wrong, tmp_path):
    with pytest.raises(UserError, match="must be one of"):
        Config(**wrong)
    (name, value), path = *wrong.items(), tmp_path / "settings.toml"
    path.write_text(f'{name.replace("_", "-")} = "{value}"\n')
    with pytest.raises(UserError, match="must be one of"):
        Config.from_options({}, path)
