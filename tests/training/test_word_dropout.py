"""Word dropout: which tokens become unknown, in which runs, and what stays as it is."""

from dataclasses import replace

import numpy as np
import pytest

from embdistill.data.packed import UNKNOWN, Packed
from embdistill.model.config import Config
from embdistill.training import experiment, teachers
from embdistill.training import learner as learner_module
from embdistill.training.experiment import run
from embdistill.training.learner import Learner, build_learner, fine_tuner
from embdistill.training.word_dropout import drop_words
from training_helpers import SMALL, config


def test_a_word_is_dropped_by_how_rare_it_is(rng):
    counts = [3, 1, 2, 5, 20, 400]  # of the unknown word, and of the words 1, 2, ...
    ids = rng.permutation(np.repeat(np.arange(6, dtype=np.int32), counts))
    packed = Packed(ids, np.array([0, 100, len(ids)]), np.zeros((len(ids), 2), np.int32))
    draws, alpha = 4000, 0.5
    dropped = np.zeros(6)
    for _ in range(draws):
        found = drop_words(packed, alpha, rng)
        changed = found.ids != ids
        assert np.all(found.ids[changed] == UNKNOWN) and found.ids.dtype == np.int32
        assert found.offsets is packed.offsets and found.positions is packed.positions
        dropped += np.bincount(ids[changed], minlength=6)
    tokens = draws * np.array(counts[1:])
    expected = alpha / (alpha + np.array(counts[1:]))
    deviation = np.sqrt(expected * (1 - expected) / tokens)
    assert np.all(np.abs(dropped[1:] / tokens - expected) < 5 * deviation) and dropped[UNKNOWN] == 0


def test_an_empty_corpus_stays_empty(rng):
    packed = Packed(np.empty(0, np.int32), np.zeros(3, np.int64))
    assert drop_words(packed, 0.5, rng).ids.tolist() == []


def seen(monkeypatch):
    """The word ids of the split of each step, as they come."""
    ids, loss = [], Learner.loss

    def kept(self, split, sentences):
        ids.append(split.packed.ids.copy())
        return loss(self, split, sentences)

    monkeypatch.setattr(Learner, "loss", kept)
    return ids


@pytest.mark.parametrize("begin", [lambda learner, settings: learner, fine_tuner], ids=["student", "finetune"])
def test_each_epoch_has_its_own_words_left_out(dataset, monkeypatch, begin):
    settings, before = config(word_dropout=2.0, batch=100), dataset.train.packed.ids.copy()
    ids = seen(monkeypatch)
    for _ in range(2):
        learner = begin(build_learner(dataset.vectors, 2, settings), settings)
        for _ in range(2):
            learner.epoch(dataset.train, settings.batch)
    assert all(0.02 < np.mean(found != before) < 0.5 for found in ids)
    assert not np.array_equal(ids[0], ids[1])
    np.testing.assert_array_equal(ids[:2], ids[2:])
    np.testing.assert_array_equal(dataset.train.packed.ids, before)


def test_without_it_nothing_is_drawn(dataset, monkeypatch):
    monkeypatch.setattr(learner_module, "drop_words", None)
    learner = build_learner(dataset.vectors, 2, config(word_dropout=0))
    state = learner.word_rng.bit_generator.state
    learner.epoch(dataset.train, 8)
    assert learner.word_rng.bit_generator.state == state


@pytest.mark.parametrize("method", ["encode", "direct", "large", "pca", "encode+soft+finetune"])
def test_it_changes_the_weights_and_nothing_random_besides(dataset, method):
    settings = Config(method=method, **SMALL | {"network": "mean"})
    before, after = (run(dataset, replace(settings, word_dropout=alpha)).model for alpha in (0.0, 0.5))
    assert before.digest() != after.digest()
    assert run(dataset, replace(settings, word_dropout=0.5)).model.digest() == after.digest()


def test_the_teacher_judges_whole_texts(dataset, monkeypatch):
    """Its logits are of the texts as they are, whatever the student sees of them."""
    judged, logits = [], Learner.logits
    monkeypatch.setattr(Learner, "logits", lambda self, packed: judged.append(packed) or logits(self, packed))
    monkeypatch.setattr(experiment, "warm_up", lambda *_: None)
    monkeypatch.setattr(teachers, "warm_up", lambda *_: None)
    ids = seen(monkeypatch)
    run(dataset, config("encode+soft", word_dropout=2.0))
    assert len(judged) == 1 and judged[0] is dataset.train.packed
    assert ids and all(np.any(found != dataset.train.packed.ids) for found in ids)


@pytest.mark.parametrize("method", ["direct", "large"])
def test_the_unknown_word_is_trained(dataset, method):
    """Without word dropout, the row of the unknown word never moves where no text of training has one."""
    rows, offsets = [], dataset.train.packed.offsets[:-1]
    train = dataset.train.select(np.flatnonzero(np.minimum.reduceat(dataset.train.packed.ids, offsets) > UNKNOWN))
    for alpha in (0.0, 0.5):
        settings = config(method, word_dropout=alpha)
        learner = build_learner(dataset.vectors, 2, settings)
        start = learner.fold()[UNKNOWN].copy()
        learner.epoch(train, settings.batch)
        rows.append(np.array_equal(learner.fold()[UNKNOWN], start))
    assert rows == [True, False]
