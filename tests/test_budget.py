"""Models that fit: which words are left out, what is chosen, and what is refused."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

import embdistill
from embdistill import UserError
from embdistill.cli import main
from embdistill.data.dataset import prepare
from embdistill.data.vocabulary import UNKNOWN
from embdistill.export.budget import Budget, choose, parse_size
from embdistill.export.edm import edm_bytes
from embdistill.export.prune import costs, prune, ranking
from embdistill.export.sizes import CODE_BYTES, image_bytes, most_words, ram_bytes
from embdistill.export.splits import splits_of
from embdistill.model.config import Config
from embdistill.model.run_file import load_run
from embdistill.training.experiment import run


@pytest.fixture(scope="module")
def runs(few_texts, few_vectors, tmp_path_factory) -> dict[int, str]:
    """Run files of one task by dimension. No dev file: a tenth of the texts was held out."""
    folder, paths = tmp_path_factory.mktemp("runs"), {}
    for dim in (2, 6):
        config = Config(network="mean", dim=dim, hidden=8, epochs=8)
        paths[dim] = str(folder / f"d{dim}.h5")
        run(prepare(few_texts, None, None, few_vectors, config), config, paths[dim])
    return paths


@pytest.fixture
def model(runs):
    return load_run(runs[6])


@pytest.fixture
def texts(runs, model):
    return splits_of(model, runs[6]).train.packed


def test_the_dev_part_is_that_of_the_run(runs, few_texts, few_vectors, model):
    parts = splits_of(model, runs[6])
    dataset = prepare(few_texts, None, None, few_vectors, Config(network="mean", dim=6)).with_dev(0)
    for found, wanted in ((parts.train.packed, dataset.train.packed), (model.pack(parts.dev), dataset.dev.packed)):
        assert np.array_equal(found.ids, wanted.ids) and np.array_equal(found.offsets, wanted.offsets)
    assert np.array_equal(parts.dev_labels, dataset.dev.labels)


def test_a_pruned_model_does_not_know_the_words_left_out(model, texts):
    rows = np.array([3, 1, 7])
    smaller = prune(model, rows, texts)
    assert smaller.vocabulary.words[1:] == [model.vocabulary.words[row] for row in (1, 3, 7)]
    assert np.array_equal(smaller.table[1:], model.table[[1, 3, 7]])
    others = texts.ids[~np.isin(texts.ids, rows)]
    np.testing.assert_allclose(smaller.table[UNKNOWN], model.table[others].mean(axis=0), atol=1e-6)
    assert "dev" not in smaller.about["record"]


def test_the_cost_of_a_word_is_what_leaving_it_out_does(model, texts):
    logits = model.logits(texts).astype(np.float64)
    reference = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    found = costs(model, texts, reference)
    for row in (1, 2, 5):
        ids = np.where(texts.ids == row, UNKNOWN, texts.ids).astype(np.int32)
        after = model.logits(texts._replace(ids=ids)).astype(np.float64)
        after -= np.logaddexp.reduce(after, axis=1, keepdims=True)
        wanted = np.sum(np.exp(reference) * (reference - after))
        assert found[row] == pytest.approx(wanted, abs=1e-5)
    absent = np.setdiff1d(np.arange(len(model.table)), texts.ids)
    assert np.all(found[absent] == 0)


def test_ranking_has_every_word_once_and_the_ones_that_matter_first(model, texts):
    ranked = ranking(model, texts)
    assert sorted(ranked) == list(range(1, len(model.vocabulary)))
    gold = model.logits(texts).argmax(axis=1)
    agree = [
        np.mean(prune(model, ranked[:n], texts).logits(_as(model, ranked[:n], texts)).argmax(1) == gold)
        for n in (4, 12)
    ]
    worst = prune(model, ranked[::-1][:12], texts)
    assert agree[1] >= agree[0]
    assert agree[1] > np.mean(worst.logits(_as(model, ranked[::-1][:12], texts)).argmax(1) == gold)


def _as(model, rows, texts):
    """The texts as the model pruned to the rows packs them."""
    slot = np.zeros(len(model.table), np.int32)
    slot[np.sort(rows)] = 1 + np.arange(len(rows))
    return texts._replace(ids=slot[texts.ids])


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize("words", [1, 5, 21])
def test_sizes_are_those_of_the_writer(model, texts, dtype, words):
    pruned = prune(model, np.arange(1, words + 1), texts)
    size = len(edm_bytes(pruned, dtype, common=0))
    assert image_bytes(model, words, dtype) == size
    assert most_words(model, size, dtype) >= words > most_words(model, size - 1 - 16, dtype)


def test_what_is_chosen_fits_and_is_the_best(runs):
    budget = Budget(CODE_BYTES + 950, 8 * 1024)
    choice = choose(list(runs.values()), budget)
    assert len(choice.image) == choice.chosen.bytes and choice.chosen.flash == CODE_BYTES + choice.chosen.bytes
    assert {c.dim for c in choice.considered} == {2, 6} and {c.dtype for c in choice.considered} == {"float32", "int8"}
    fitting = [c for c in choice.considered if c.flash <= budget.flash]
    assert [c.fits for c in choice.considered] == [c in fitting for c in choice.considered]
    assert 0 < len(fitting) < len(choice.considered) and choice.chosen in fitting
    assert choice.chosen.dev == max(c.dev for c in fitting)


def test_command_line(runs, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["export", ",".join(runs.values()), "--to", "edm", "--flash", "14K", "--ram", "8K", "--out", "m.edm"]
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert re.search(r"fits: flash [\d,]+ of 14,336 bytes \(code [\d,]+, model [\d,]+\), RAM [\d,]+ of 8,192", shown)
    assert main([*words, "--json"]) == 0
    record = json.loads(capsys.readouterr().out.splitlines()[-1])
    chosen, parts = embdistill.load("m.edm"), splits_of(load_run(runs[6]), runs[6])
    gold = [chosen.labels[label] for label in parts.dev_labels]
    right = np.mean([answer == label for answer, label in zip(chosen.predict(parts.dev), gold, strict=True)])
    assert 100 * right == pytest.approx(record["chosen"]["dev"])
    assert record["chosen"] in record["considered"] and record["budget"] == {"flash": 14336, "ram": 8192}


@pytest.mark.parametrize(("text", "bytes"), [("64K", 65536), ("64k", 65536), ("1M", 1 << 20), ("65536", 65536)])
def test_sizes_as_people_write_them(text, bytes):
    assert parse_size("flash", text) == bytes


@pytest.mark.parametrize("text", ["", "0", "-1", "64KB", "1.5K", "much", "K"])
def test_sizes_that_are_none(text):
    with pytest.raises(UserError, match="such as 65536, 64K or 1M"):
        parse_size("flash", text)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--flash", "2K"], "the smallest that is possible is"),
        (["--flash", "64K", "--ram", "100"], "the smallest that is possible is"),
        (["--flash", "64K", "--dtype", "int4"], "float32 or int8"),
        (["--ram", "8K"], "--ram needs --flash"),
        (["--flash", "some"], "such as 65536, 64K or 1M"),
        (["--flash", "64K", "--dev", "dev.txt"], "held out a tenth"),
    ],
)
def test_what_is_refused(runs, tmp_path, capsys, options, said):
    out = tmp_path / "m.edm"
    assert main(["export", runs[6], "--to", "edm", "--out", str(out), *options]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1 and not out.exists()


def test_training_files_that_are_gone_or_others(runs, few_texts, tmp_path, capsys, model):
    gone = [{**source, "path": str(tmp_path / "gone")} for source in model.about["inputs"]]
    lost = replace(model, about={**model.about, "inputs": gone})
    with pytest.raises(UserError, match="--data FILE"):
        splits_of(lost, runs[6])
    assert len(splits_of(lost, runs[6], data=str(few_texts)).dev) > 0
    other = tmp_path / "other.txt"
    other.write_text(few_texts.read_text() + "__label__light one more\n")
    with pytest.raises(UserError, match="not the same as when"):
        splits_of(lost, runs[6], data=str(other))


def test_ram_counts_the_network(model):
    assert ram_bytes(model, 128) - ram_bytes(model, 64) == 4 * 64
