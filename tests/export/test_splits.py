"""The splits of a run are read again as they were, or refused."""

from dataclasses import replace

import numpy as np
import pytest

from embdistill.data.prepare import prepare
from embdistill.errors import UserError
from embdistill.export.splits import splits_of
from embdistill.model.config import Config
from embdistill.model.run_file import load_run
from embdistill.training.experiment import run


def test_held_out_splits_are_those_of_the_run(few_runs, few_texts, few_vectors, few_model):
    splits = splits_of(few_model, few_runs[6])
    dataset = prepare(few_texts, None, None, few_vectors, Config(network="mean", dim=6)).with_dev(0)
    pairs = ((splits.train.packed, dataset.train.packed), (few_model.pack(splits.dev), dataset.dev.packed))
    for found, expected in pairs:
        assert np.array_equal(found.ids, expected.ids) and np.array_equal(found.offsets, expected.offsets)
    assert np.array_equal(splits.train.labels, dataset.train.labels)
    assert np.array_equal(splits.dev_labels, dataset.dev.labels)


def test_a_dev_file_is_read_whole(few_texts, few_vectors, tmp_path):
    dev = tmp_path / "dev.csv"  # another format than that of the training file
    dev.write_text("text,label\nlamp on,light\nplay a song,music\nloud music,music\n")
    config = Config(network="mean", dim=2, hidden=8, epochs=1)
    run(prepare(few_texts, dev, None, few_vectors, config), config, tmp_path / "run.h5")
    splits = splits_of(load_run(tmp_path / "run.h5"), tmp_path / "run.h5")
    assert splits.dev == ["lamp on", "play a song", "loud music"] and splits.dev_labels.tolist() == [0, 1, 1]
    assert splits.train.packed.sentences == 40


def test_missing_and_changed_files(few_runs, few_texts, tmp_path, few_model):
    gone = [{**source, "path": str(tmp_path / "gone")} for source in few_model.about["inputs"]]
    lost = replace(few_model, about={**few_model.about, "inputs": gone})
    with pytest.raises(UserError, match="--data FILE"):
        splits_of(lost, few_runs[6])
    assert len(splits_of(lost, few_runs[6], data=str(few_texts)).dev) > 0
    other = tmp_path / "other.txt"
    other.write_text(few_texts.read_text() + "__label__light one more\n")
    with pytest.raises(UserError, match="not the same as when"):
        splits_of(lost, few_runs[6], data=str(other))
