"""Training as a whole: folding, seeds, early stopping, checkpoints, and what a saved model holds."""

import numpy as np
import pytest

from conftest import JIT_DISABLED
from embdistill import load
from embdistill.data.packed import Packed, check_packed
from embdistill.data.prepare import prepare
from embdistill.model import metrics
from embdistill.model.classifier import packed_logits
from embdistill.model.config import Config
from embdistill.model.evaluation import evaluate
from embdistill.training import checkpoint, stages
from embdistill.training.experiment import run
from embdistill.training.learner import build_learner
from embdistill.training.loop import Epoch, fit
from embdistill.training.weights import AVERAGING

SMALL = dict(dim=4, filters=5, hidden=6, epochs=4, batch=8, rate=0.01)


@pytest.fixture
def dataset(few_texts, few_vectors):
    return prepare(few_texts, None, few_texts, few_vectors, Config(**SMALL)).with_dev(0)


def unfolded_logits(learner, packed):
    """Logits through the table as it is while it trains, not through the folded one."""
    words = np.arange(len(learner.scratch), dtype=np.int32)
    embeddings, _ = learner.table.forward(learner.parameters.values, words)
    return learner.network.forward(learner.parameters.values, embeddings, packed)[0]


@pytest.mark.skipif(JIT_DISABLED, reason="thousands of sentences take long without the JIT")
@pytest.mark.parametrize("network", ["mean", "cnn"])
def test_folded_equals_unfolded_on_the_whole_trec_test_set(data, network):
    trec = data / "trec"
    config = Config(network=network, epochs=2, dim=10, filters=16, subwords=256)
    vectors = data / "vectors" / "vectors.300d.txt.gz"
    dataset = prepare(trec / "train.label", None, trec / "test.label", vectors, config).with_dev(0)
    finished = run(dataset, config)
    learner = build_learner(dataset.vectors, 6, config)
    fit(learner, dataset.train, dataset.dev, [], lambda *_: None, lambda _: None)
    assert dataset.test.packed.sentences == 500
    folded = finished.model.logits(dataset.test.packed)
    np.testing.assert_allclose(folded, unfolded_logits(learner, dataset.test.packed), rtol=0, atol=1e-5)


@pytest.mark.parametrize("method", ["large", "direct", "encode"])
def test_same_seed_same_bytes(dataset, method):
    config = Config(method=method, **SMALL)
    digests = {run(dataset, config).model.digest() for _ in range(2)}
    assert len(digests) == 1
    assert run(dataset, Config(method=method, seed=1, **SMALL)).model.digest() not in digests


@pytest.mark.parametrize("network", ["mean", "cnn"])
@pytest.mark.parametrize("method", ["large", "direct", "encode"])
def test_learns_a_small_task(dataset, network, method):
    config = Config(method=method, network=network, **SMALL | {"epochs": 40, "patience": 40, "dropout": 0.1})
    assert run(dataset, config).record["test"]["accuracy"] > 90


def test_saved_model_gives_the_scores_of_the_record(dataset, tmp_path, few_texts):
    record = run(dataset, Config(**SMALL), tmp_path / "run.h5").record
    scores = evaluate(load(tmp_path / "run.h5"), few_texts)
    read = record["read"]["data"] | {"without_vector": record["read"]["test"]["without_vector"]}
    assert read["without_vector"] > 0
    assert scores == {"examples": 40, "read": {"data": read}, **record["test"]}


@pytest.mark.parametrize("method", ["direct", "encode"])
def test_best_epoch_is_restored(dataset, method):
    config = Config(method=method, **SMALL | {"epochs": 12, "rate": 0.1})
    learner = build_learner(dataset.vectors, 2, config)
    history, digests = [], {}

    def epoch_done(epoch):
        digests[epoch.number] = [average.copy() for average in learner.weights.average]

    fit(learner, dataset.train, dataset.dev, history, lambda *_: None, epoch_done)
    best = max(history, key=lambda epoch: (epoch.dev_accuracy, -epoch.dev_loss))
    for values, expected in zip(learner.weights.now, digests[best.number], strict=True):
        np.testing.assert_array_equal(values, expected)
    logits = learner.logits(dataset.dev.packed)
    assert metrics.accuracy(dataset.dev.labels, logits.argmax(1)) == best.dev_accuracy


def test_average_over_the_epochs(dataset):
    learner = build_learner(dataset.vectors, 2, Config(**SMALL))
    expected = None
    for value in (1.0, 5.0, -2.0):
        learner.parameters.flat[:] = value
        learner.weights.update_average(first=expected is None)
        expected = value if expected is None else AVERAGING * expected + (1 - AVERAGING) * value
        with learner.weights.averaged():
            np.testing.assert_allclose(learner.parameters.flat, expected, rtol=1e-6)
        assert (learner.parameters.flat == value).all(), "outside the block training goes on where it was"


def test_stops_after_patience(dataset):
    config = Config(**SMALL | {"epochs": 1000, "patience": 2, "rate": 1e-12})
    history = []
    fit(
        build_learner(dataset.vectors, 2, config),
        dataset.train,
        dataset.dev,
        history,
        lambda *_: None,
        lambda _: None,
    )
    best = None
    for epoch in history:
        best = epoch if epoch.better_than(best) else best
    assert len(history) == best.number + 2 < 1000


def test_better_epoch_by_score_then_by_loss():
    first = Epoch(1, 0.5, 0.7, 80.0, 1.0, 80.0)
    assert first.better_than(None)
    assert first._replace(dev_score=81.0, dev_loss=0.9).better_than(first)
    assert first._replace(dev_loss=0.6).better_than(first)
    assert not first._replace(number=2).better_than(first)


@pytest.mark.parametrize("network", ["mean", "cnn"])
@pytest.mark.parametrize("method", ["large", "direct", "encode"])
@pytest.mark.parametrize("best", [2, 5])  # before and after the point where the run is killed
def test_resumed_run_gives_the_same_bytes(dataset, tmp_path, monkeypatch, network, method, best):
    monkeypatch.setattr(Epoch, "better_than", lambda self, other: other is None or self.number == best)
    config = Config(network=network, method=method, **SMALL | {"epochs": 5})
    whole = run(dataset, config, tmp_path / "whole.h5").model.digest()
    monkeypatch.setattr(checkpoint, "SECONDS", 0)

    class Killed(Exception):
        pass

    def kill(self, epoch):
        if epoch.number == 3:
            raise Killed

    out = tmp_path / "run.h5"
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(stages.TrainingProgress, "epoch", kill)
        run(dataset, config, out)
    assert not out.exists()
    resumed = run(dataset, config, out, resume=True)
    assert resumed.model.digest() == whole
    assert len(resumed.model.about["history"]) == 5
    assert [path.name for path in tmp_path.iterdir() if "run" in path.name] == ["run.h5"]


def test_checkpoint_of_another_run_is_refused(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "SECONDS", 0)
    monkeypatch.setattr(checkpoint.Checkpoint, "remove", lambda self: None)
    run(dataset, Config(**SMALL), tmp_path / "run.h5")
    with pytest.raises(ValueError, match=r"run\.h5\.checkpoint: made with other files or settings"):
        run(dataset, Config(**SMALL | {"dim": 5}), tmp_path / "run.h5", resume=True)


def test_checkpoint_of_another_part_is_refused(few_texts, few_vectors, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "SECONDS", 0)
    monkeypatch.setattr(checkpoint.Checkpoint, "remove", lambda self: None)
    config = Config(**SMALL)
    run(prepare(few_texts, None, few_texts, few_vectors, config), config, tmp_path / "run.h5")
    for dataset in (
        prepare(few_texts, few_texts, None, few_vectors, config),
        prepare(few_texts, None, few_texts, few_vectors, config, listed=frozenset({"word40"})),
    ):
        with pytest.raises(ValueError, match="made with other files or settings"):
            run(dataset, config, tmp_path / "run.h5", resume=True)


def test_a_checkpoint_that_cannot_be_written_does_not_end_the_run(dataset, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(checkpoint, "SECONDS", 0)
    (tmp_path / "run.h5.checkpoint").mkdir()
    monkeypatch.setattr(checkpoint.Checkpoint, "remove", lambda self: None)
    run(dataset, Config(**SMALL), tmp_path / "run.h5")
    assert "no checkpoint:" in capsys.readouterr().err and (tmp_path / "run.h5").is_file()


def test_a_run_that_diverges_is_a_user_error(dataset, tmp_path):
    with pytest.raises(ValueError, match="the loss is no longer finite in epoch 1; lower --rate"):
        run(dataset, Config(**SMALL | {"rate": 1e30}), tmp_path / "run.h5")
    assert not list(tmp_path.iterdir())


def test_every_class_stays_in_training_when_a_part_is_held_out(few_vectors, tmp_path):
    texts = tmp_path / "t.csv"
    texts.write_text("text,label\nlamp on,a\nlamp off,a\nplay,b\n")
    for seed in range(10):
        dataset = prepare(texts, None, None, few_vectors, Config(**SMALL)).with_dev(seed)
        assert set(dataset.train.labels) == {0, 1} and len(dataset.dev.labels) == 1
    texts.write_text("text,label\nlamp on,a\nplay,b\n")
    with pytest.raises(ValueError, match="too few training examples to hold out a dev part"):
        prepare(texts, None, None, few_vectors, Config(**SMALL)).with_dev(0)


def test_phrases_need_a_dev_part(few_vectors, tmp_path):
    trees = tmp_path / "trees.txt"
    trees.write_text("(3 (2 the) (4 lamp))\n(1 (2 dark) (0 music))\n")
    config = Config(**SMALL)
    with pytest.raises(ValueError, match="--dev is missing; phrases need it"):
        prepare(trees, None, None, few_vectors, config, "sst2-phrases").with_dev(0)
    dataset = prepare(trees, trees, None, few_vectors, config, "sst2-phrases").with_dev(0)
    assert (len(dataset.train.labels), len(dataset.dev.labels)) == (4, 2)


def test_nothing_of_the_large_vectors_is_in_the_model(dataset):
    model = run(dataset, Config(**SMALL)).model
    shapes = [model.table.shape, *(value.shape for value in model.values.values())]
    assert dataset.vectors.shape[1] == 8 and all(8 not in shape for shape in shapes)


def test_small_table_covers_words_that_training_does_not_have(few_texts, few_vectors):
    dataset = prepare(few_texts, None, None, few_vectors, Config(**SMALL), listed=frozenset({"word40", "absent"}))
    assert "word40" in dataset.vocabulary.index and "absent" not in dataset.vocabulary.index
    assert any("1 of the 2 listed words have no vector" in note for note in dataset.notes)


def test_dev_part_is_a_tenth_and_depends_on_the_seed_alone(few_texts, few_vectors):
    dataset = prepare(few_texts, None, None, few_vectors, Config(**SMALL))
    first, again, other = dataset.with_dev(1), dataset.with_dev(1), dataset.with_dev(2)
    assert (first.dev.packed.sentences, first.train.packed.sentences) == (4, 36)
    np.testing.assert_array_equal(first.dev.packed.ids, again.dev.packed.ids)
    assert not np.array_equal(first.train.packed.ids, other.train.packed.ids)
    assert sorted([*first.dev.packed.ids, *first.train.packed.ids]) == sorted(dataset.train.packed.ids)


def test_logits_do_not_depend_on_how_the_corpus_is_cut(dataset):
    model = run(dataset, Config(**SMALL)).model
    whole = model.logits(dataset.test.packed)
    cut = packed_logits(model.network, model.values, model.table, dataset.test.packed, batch=7)
    np.testing.assert_allclose(cut, whole, rtol=0, atol=1e-5)


def test_a_text_without_known_words_gets_a_prediction(dataset):
    model = run(dataset, Config(**SMALL)).model
    probabilities = model.predict_proba(["", "qqq zzz", "   ", b"\xff\xfe"])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert set(model.predict(["", "qqq"])) <= set(model.labels)
    assert model.predict_proba([]).shape == (0, 2)


@pytest.mark.parametrize(
    ("ids", "offsets"),
    [
        ([9], [0, 1]),
        ([1], [0, 9 * 10**18, -9 * 10**18, 1]),
        ([-1], [0, 1]),
        ([1], [0, 2]),
        ([1, 2], [0, 2, 1, 2]),
        ([1], [1, 1]),
        ([1], []),
        ([1, 1], [0, 1]),
    ],
    ids=str,
)
def test_batches_that_would_lead_a_kernel_out_of_bounds_are_refused(ids, offsets):
    with pytest.raises(ValueError):
        check_packed(Packed(np.array(ids, np.int32), np.array(offsets, np.int64)), 9)


def test_macro_f1():
    labels, predicted = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 1, 0])
    # F1 of the classes: 2*1/(2+1+1), 2*2/(4+1+0), 0; the fourth class does not occur.
    assert metrics.macro_f1(labels, predicted) == pytest.approx(100 * (0.5 + 0.8 + 0) / 3)
    assert metrics.accuracy(labels, predicted) == 60
