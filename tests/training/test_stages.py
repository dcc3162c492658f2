"""Every method runs; its stages, stopped and resumed."""

import numpy as np
import pytest

from embdistill import load
from embdistill.data.dataset import Split
from embdistill.data.packed import Packed
from embdistill.model.choices import TABLES
from embdistill.training import checkpoint
from embdistill.training.experiment import run
from embdistill.training.learner import build_learner, fine_tuner
from embdistill.training.loop import best_of, fit
from embdistill.training.pretraining import pretrain
from training_helpers import config, load_checkpoint, trained

METHODS = [  # every table and every stage with every objective, every pair of stages, and all codes
    *TABLES,
    *(f"{table}+{match}" for table in TABLES for match in ("soft", "logits")),
    "encode+pretrain",
    "encode+finetune",
    "pca-tuned+finetune",
    "large+finetune",
    "pca+soft+finetune",
    "encode+soft+pretrain+finetune",
    "direct+soft+ensemble+finetune",
    "encode2+logits+pretrain+ensemble+finetune",
    "encode+pq",
    "direct+sparse",
    "large+soft+finetune+pq",
]


@pytest.mark.parametrize("number", range(len(METHODS)), ids=lambda index: METHODS[index])
def test_every_combination_runs_saves_and_repeats(dataset, tmp_path, number):
    network = ("mean", "cnn", "lstm")[number % 3]
    settings = config(METHODS[number], network=network)
    finished = run(dataset, settings, tmp_path / "run.h5")
    loaded, packed = load(tmp_path / "run.h5"), dataset.test.packed
    assert [path.name for path in tmp_path.iterdir()] == ["run.h5"]
    assert loaded.logits(packed).tobytes() == finished.model.logits(packed).tobytes()
    assert finished.record["config"] == loaded.about["config"] == settings.as_dict()
    assert finished.record["method"] == METHODS[number]
    dim = 8 if METHODS[number].startswith("large") else 4
    assert loaded.table.shape == (len(dataset.vocabulary), dim) and finished.record["dim"] == dim
    stages = {epoch["stage"] for epoch in loaded.about["history"]}
    after = {"finetune": "finetune" in settings.parsed.stages, "codes": settings.parsed.codes}
    assert stages == {"student", *(name for name, there in after.items() if there)}
    assert (finished.record["seconds"]["teachers"] > 0) == (settings.parsed.objective != "labels")
    assert run(dataset, settings).model.digest() == finished.model.digest()


def test_pretrain_gives_the_large_vectors_back_better_and_better(dataset):
    for method in ("encode", "encode2"):
        settings = config(method, dim=6)
        learner = build_learner(dataset.vectors, 2, settings)
        before = {name: value.copy() for name, value in learner.parameters.values.items()}
        losses = pretrain(learner.table, learner.parameters.values, 30, 0)
        assert len(losses) == 30 and losses[-1] < 0.95 * losses[0]
        after = learner.parameters.values
        moved = {name for name in before if not np.array_equal(before[name], after[name])}
        assert moved == set(learner.table.shapes()), "the encoder alone, and all of it"


def test_finetune_keeps_the_folded_weights_if_no_epoch_is_better(dataset):
    settings = config("encode+finetune", epochs=6, finetune_rate=1e-3)
    learner, history = trained(dataset, settings)
    folded, logits = learner.fold().copy(), learner.logits(dataset.dev.packed)
    tuned = fine_tuner(learner, settings)
    np.testing.assert_array_equal(tuned.logits(dataset.dev.packed), logits)
    best = best_of(history)._replace(dev_score=100.0, dev_loss=-1.0)
    fit(tuned, dataset.train, dataset.dev, [], lambda *_: None, lambda _: None, best)
    np.testing.assert_array_equal(tuned.fold(), folded)
    for name in learner.network.shapes():
        np.testing.assert_array_equal(tuned.parameters.values[name], learner.parameters.values[name])


@pytest.mark.parametrize("table", ["encode", "direct", "pca"])
def test_finetune_is_never_worse_on_dev(dataset, table):
    for seed in range(2):
        settings = dict(epochs=5, rate=0.02, finetune_rate=0.05, seed=seed)
        alone, tuned = (run(dataset, config(table + stage, **settings)) for stage in ("", "+finetune"))
        assert tuned.record["dev"]["accuracy"] >= alone.record["dev"]["accuracy"]
        student = [epoch for epoch in tuned.model.about["history"] if epoch["stage"] == "student"]
        assert [{**epoch, "seconds": 0} for epoch in student] == [
            {**epoch, "seconds": 0} for epoch in alone.model.about["history"]
        ]


class Killed(Exception):
    pass


ALL_STAGES = "encode2+soft+pretrain+ensemble+finetune+pq"


@pytest.mark.parametrize(
    ("method", "stage"),
    [(ALL_STAGES, stage) for stage in ("teacher0", "teacher1", "student", "finetune", "codes")]
    + [("direct+sparse", "codes")],
)
@pytest.mark.parametrize("number", [1, 2])
def test_resumed_in_every_stage_gives_the_same_bytes(dataset, tmp_path, monkeypatch, method, stage, number):
    settings = config(method, epochs=3, word_dropout=0.5)
    whole = run(dataset, settings).model
    monkeypatch.setattr(checkpoint, "SECONDS", 0)
    save, out = checkpoint.Checkpoint.save_in_time, tmp_path / "run.h5"

    def kill(self, learner):
        save(self, learner)
        if self.stage == stage and len(self.histories[stage]) == number:
            raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(checkpoint.Checkpoint, "save_in_time", kill)
        run(dataset, settings, out)
    assert [path.name for path in tmp_path.iterdir()] == ["run.h5.checkpoint"]
    _, about = load_checkpoint(tmp_path / "run.h5.checkpoint")
    assert about["stage"] == stage
    resumed = run(dataset, settings, out, resume=True).model
    assert resumed.digest() == whole.digest()
    without_time = [[{**epoch, "seconds": 0} for epoch in model.about["history"]] for model in (resumed, whole)]
    assert without_time[0] == without_time[1]
    assert [path.name for path in tmp_path.iterdir()] == ["run.h5"]


@pytest.mark.parametrize("network", ["mean", "cnn", "lstm"])
def test_a_batch_without_any_token(dataset, network):
    learner = build_learner(dataset.vectors, 2, config(network=network, dropout=0))
    split = Split(Packed(np.empty(0, np.int32), np.zeros(3, np.int64)), np.array([0, 1], np.int32))
    learner.parameters.flat_gradient[:] = np.nan
    assert np.isfinite(learner.loss(split, np.arange(2))) and np.isfinite(learner.parameters.flat_gradient).all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--temperature", "0"], "--temperature 0.0: must be above 0"),
        (["--temperature", "-1"], "--temperature -1.0: must be above 0"),
        (["--temperature", "nan"], "--temperature nan: must be above 0"),
        (["--mixing", "1.1"], "--mixing 1.1: must be from 0 to 1"),
        (["--mixing", "-0.1"], "--mixing -0.1: must be from 0 to 1"),
        (["--combine", "agreemnt"], "--combine agreemnt: must be one of mean, agreement, disagreement; did you mean"),
        (["--pooling", "min"], "--pooling min: must be one of last, max"),
        (["--activation", "sigmoid"], "--activation sigmoid: must be one of tanh, relu, identity"),
        (["--teacher-networks", "cnn,rnn"], "--teacher-networks rnn: must be of mean, cnn, lstm"),
        (["--folds", "41"], "--folds 41: more than the 40 examples"),
        (["--folds", "1"], "--folds 1: must be at least 2"),
        (["--folds", "3", "--out", "x.h5"], "--out does not go with --folds"),
        (["--folds", "3", "--resume"], "--resume does not go with --folds"),
        (["--folds", "3", "--teacher", "x.h5"], "--teacher does not go with --folds"),
        (["--folds", "3", "--test", "x"], "--test does not go with --folds"),
        (["--method", "pca", "--dim", "9"], "--dim 9: these large vectors have only 8"),
        (["--method", "encode+soft", "--teacher", "none.h5"], "none.h5: cannot be read"),
        (["--config", "none.toml"], "none.toml: cannot be read"),
    ],
    ids=" ".join,
)
def test_bad_settings_on_the_command_line(refused, few_texts, few_vectors, options, said):
    words = ["train", "--data", few_texts, "--vectors", few_vectors, "--epochs", "1", "--network", "mean"]
    assert refused(*words, *options).startswith(said)
