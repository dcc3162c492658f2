"""What a run fits to read words that its table lacks."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import embdistill.demo
import embdistill.training.experiment as experiment
from embdistill.data.packed import UNKNOWN
from embdistill.data.prepare import prepare
from embdistill.data.vectors import load_vectors, open_vectors
from embdistill.model.config import Config
from embdistill.model.evaluation import predicted_of
from embdistill.model.metrics import accuracy
from embdistill.model.subwords import TRUST, Subwords, fit
from embdistill.model.words import CORRECTED
from embdistill.training import open_vocabulary
from embdistill.training.open_vocabulary import correction_for
from embdistill.training.stages import student
from training_helpers import config

DEMO = Path(embdistill.demo.__file__).parent
CLOSED = {"subwords": 0, "correct": False, "spellings": 0}


@pytest.fixture
def fitted(monkeypatch):
    """The words and vectors that subwords were fitted to, by word."""
    found = {}

    def spy(words, vectors, weights, buckets):
        assert len(words) == len(vectors) == len(weights) and buckets == 30
        found.update(zip(words, vectors, strict=True))
        return fit(words, vectors, weights, buckets)

    monkeypatch.setattr(open_vocabulary, "fit", spy)
    return found


def _run(few_texts, few_vectors, method, **settings):
    settings = config(method, **CLOSED | {"subwords": 30} | settings)
    dataset = prepare(few_texts, None, few_texts, few_vectors, settings).with_dev(0)
    return experiment.run(dataset, settings), dataset


@pytest.mark.parametrize("method", ["encode", "encode2", "pca", "pca+finetune", "encode+finetune", "large"])
def test_words_inside_and_outside_the_table(few_texts, few_vectors, fitted, method):
    """Those of the table are as shipped; others are mapped as these were before they were tuned."""
    result, dataset = _run(few_texts, few_vectors, method)
    model = result.model
    assert len(dataset.outside_words) > 10 and len(dataset.unknown_words) > 0
    assert set(fitted) == {*model.vocabulary.words[1:], *dataset.outside_words, *dataset.unknown_words}
    for word in dataset.unknown_words:
        np.testing.assert_allclose(TRUST * fitted[word], model.table[UNKNOWN], rtol=1e-6)
    for word in model.vocabulary.words[1:]:
        assert np.array_equal(fitted[word], model.table[model.vocabulary.index[word]])
    others = np.array([fitted[word] for word in dataset.outside_words])
    assert others.shape == (len(dataset.outside_words), model.network.dim)
    assert 0.05 < np.sqrt(np.mean(np.square(others))) < 1
    assert model.subwords.buckets.shape == (30, model.network.dim) and model.correction is None


@pytest.mark.parametrize("method", ["encode", "pca", "large"])
def test_other_words_are_mapped_as_those_of_the_table(few_texts, few_vectors, method):
    settings = config(method)
    dataset = prepare(few_texts, None, None, few_vectors, settings).with_dev(0)
    learner = student(dataset, settings)
    found = learner.table.outside(learner.parameters.values, dataset.vectors[1:])
    np.testing.assert_allclose(found, learner.fold()[1:], rtol=0, atol=1e-6)


def test_a_direct_table_knows_its_training_words_alone(few_texts, few_vectors, fitted):
    result, dataset = _run(few_texts, few_vectors, "direct")
    trained = {result.model.vocabulary.words[row] for row in set(dataset.train.packed.ids.tolist()) - {UNKNOWN}}
    assert set(fitted) == trained | set(dataset.unknown_words)


def test_corrections_are_of_the_training_texts(write, tmp_path, monkeypatch):
    """Spellings are the right words that are one edit away from a known one, unless they are much rarer than that."""
    monkeypatch.setattr(correction_for, "__defaults__", (2,))
    words = [
        "light",
        "music",
        "lamp",
        "the",
        "camp",
        "on",
        "song",
        "lump",
        "damp",
    ]
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("".join(f"{word} {i} 1 {i % 3} 2\n" for i, word in enumerate(words)))
    texts = write("".join(f"__label__{label} {label} on the lamp\n" for label in 5 * ["light", "music"]))
    dataset = prepare(texts, None, None, vectors, config("encode", subwords=0, correct=True, spellings=3)).with_dev(0)
    model = experiment.run(dataset, config("encode", subwords=0, correct=True, spellings=3)).model
    counts = np.bincount(dataset.train.packed.ids, minlength=len(model.vocabulary))
    assert [int(count).bit_length() for count in counts[1:]] == model.correction.classes[1:].tolist()
    assert dataset.outside_words == ["camp", "song", "lump", "damp"]
    assert model.correction.spellings == ["camp"]
    assert model.subwords is None and set("lampusic") <= set(model.correction.letters)
    monkeypatch.setattr(correction_for, "__defaults__", (3,))
    model = experiment.run(dataset, config("encode", subwords=0, correct=True, spellings=4)).model
    assert model.correction.spellings == ["camp", "lump"]


def test_words_without_a_vector_are_read_as_they_were_trained(write, capsys):
    """Two of three words of the demo have none. Dev is scored as the saved model reads it."""
    words, vectors = load_vectors(open_vectors(DEMO / "vectors.h5"))
    rows = (f"{word} {' '.join(map(str, vector))}\n" for word, vector in zip(words[::3], vectors[::3], strict=True))
    settings = Config(network="mean", dim=10, epochs=15, subwords=512)
    dataset = prepare(DEMO / "train.txt", DEMO / "dev.txt", None, write("".join(rows), "third.txt"), settings)
    assert 0.6 < np.mean(dataset.train.packed.ids == UNKNOWN) < 0.7
    result = experiment.run(dataset, settings)
    model, dev = result.model, dataset.dev
    as_unknown = accuracy(dev.labels, model.predicted(dev.packed))
    assert result.record["dev"]["accuracy"] == accuracy(dev.labels, predicted_of(model, dev.texts)) > as_unknown - 3
    assert set(dataset.unknown_words) >= set(model.correction.spellings[:100])
    assert not any(model.words.read(word).how == CORRECTED for word in dataset.unknown_words if len(word) >= 4)
    assert "warning: reading words" not in capsys.readouterr().err
    far = np.random.default_rng(0).normal(0, 9, model.subwords.buckets.shape).astype(np.float32)
    open_vocabulary.warn_of_worse(replace(model, subwords=Subwords(far)), dev)
    assert re.search(rf"takes dev from {as_unknown:.1f} to \d+\.\d %: try --subwords 0", capsys.readouterr().err)


def test_how_many_spellings_there_are_does_not_change_subwords(few_texts, few_vectors, monkeypatch):
    monkeypatch.setattr("embdistill.data.prepare.FREQUENT_WORDS", 12)
    few, some = _run(few_texts, few_vectors, "encode", correct=True, spellings=5)
    many, more = _run(few_texts, few_vectors, "encode", correct=True, spellings=100)
    assert len(some.outside_words) < len(more.outside_words)
    assert np.array_equal(few.model.subwords.buckets, many.model.subwords.buckets)


def test_a_run_without_them_is_as_ever(few_texts, few_vectors, tmp_path):
    """To the last weight; what reads other words is made when training has ended."""
    plain = config("encode", **CLOSED)
    models = [
        experiment.run(prepare(few_texts, None, few_texts, few_vectors, settings).with_dev(0), settings).model
        for settings in (plain, config("encode", correct=True, subwords=30))
    ]
    assert np.array_equal(models[0].table, models[1].table)
    assert all(np.array_equal(models[0].values[name], models[1].values[name]) for name in models[0].values)
    assert models[0].subwords is None and models[0].correction is None


def test_scores_of_a_run_read_other_words(few_texts, few_vectors, write):
    """As the saved model does."""
    test = write("__label__light zzlamp lihgt\n__label__music pplay songg\n__label__music musicx zzz\n", "test.txt")
    settings = config("encode", correct=True, subwords=30, spellings=0, epochs=6)
    dataset = prepare(few_texts, None, test, few_vectors, settings).with_dev(0)
    result = experiment.run(dataset, settings)
    expected = np.mean(
        [
            label == dataset.labels[i]
            for label, i in zip(result.model.predict(dataset.test.texts), dataset.test.labels, strict=True)
        ]
    )
    assert result.record["test"]["accuracy"] == pytest.approx(100 * expected)
    assert result.model.pack(dataset.test.texts).ids.all()
