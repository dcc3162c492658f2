"""Models that fit: what is chosen within a budget, and what is refused."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

import embdistill
from embdistill import UserError
from embdistill.cli import main
from embdistill.data.prepare import prepare
from embdistill.export import budget_report
from embdistill.export.budget import Budget, Candidate, choose, parse_size
from embdistill.export.sizes import CODE_BYTES
from embdistill.export.splits import splits_of
from embdistill.model.config import Config
from embdistill.model.edm import EdmModel
from embdistill.model.run_file import save_run
from embdistill.training.experiment import run


def test_the_choice_fits_and_is_the_best(few_runs):
    budget = Budget(CODE_BYTES["mean", "float32"] + 900, 8 * 1024)
    choice = choose(list(few_runs.values()), budget)
    code = CODE_BYTES["mean", choice.chosen.dtype]
    assert len(choice.image) == choice.chosen.bytes and choice.chosen.flash == code + choice.chosen.bytes
    assert {c.dim for c in choice.considered} == {2, 6} and {c.dtype for c in choice.considered} == {
        "float32",
        "int8",
        "int4",
    }
    fitting = [c for c in choice.considered if c.flash <= budget.flash]
    assert [c.fits for c in choice.considered] == [c in fitting for c in choice.considered]
    assert 0 < len(fitting) < len(choice.considered) and choice.chosen in fitting
    assert choice.chosen.dev == max(c.dev for c in fitting)


def test_runs_with_different_dev_splits_are_refused(few_runs, few_texts, few_vectors, tmp_path, capsys):
    config = Config(network="mean", dim=2, hidden=8, epochs=1, seed=1)
    run(prepare(few_texts, None, None, few_vectors, config), config, tmp_path / "seed1.h5")
    with pytest.raises(UserError, match=r"seed1.h5: has another dev split than .*d2.h5"):
        choose([few_runs[2], str(tmp_path / "seed1.h5")], Budget(65536))
    assert "words costs" not in capsys.readouterr().err  # before any ranking


@pytest.fixture(scope="session")
def open_run(few_texts, few_vectors, tmp_path_factory):
    """A run that reads words that its table lacks."""
    path = str(tmp_path_factory.mktemp("open") / "open.h5")
    settings = {"network": "mean", "dim": 6, "hidden": 8, "epochs": 8}
    config = Config(**settings, correct=True, subwords=20, spellings=0)
    model = run(prepare(few_texts, None, None, few_vectors, config), config, path).model
    save_run(
        path, replace(model, correction=replace(model.correction, spellings=["lamps", "songs", "darker", "plays"]))
    )
    return path


def test_what_reads_other_words_is_chosen_too(open_run, few_runs):
    choice = choose([open_run, few_runs[2]], Budget(CODE_BYTES["mean", "int8"] + 3700), ["int8"])
    own = [c for c in choice.considered if c.model == open_run]
    assert {(c.subwords, c.spellings) for c in own} == {(k, n) for k in (20, 5, 2, 1, 0) for n in (3, 0)}
    assert {(c.subwords, c.spellings) for c in choice.considered if c not in own} == {(0, 0)}
    fitting = [c for c in choice.considered if c.fits]
    assert choice.chosen.score == max((c.dev + c.dev_typos) / 2 for c in fitting)
    image = EdmModel(choice.image)
    assert (image._settings["buckets"], len(choice.image)) == (choice.chosen.subwords, choice.chosen.bytes)
    whole = [c for c in own if c.words == max(c.words for c in own)]
    assert len({c.bytes for c in whole}) > 3
    shown = budget_report.table(choice)
    assert "subwords spellings" in shown and "typos %" in shown


def test_the_table_of_models_that_read_no_other_words(few_runs):
    assert "typos" not in budget_report.table(choose([few_runs[2]], Budget(65536), ["int8"]))


def test_command_line(few_runs, few_model, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["export", ",".join(few_runs.values()), "--to", "edm", "--flash", "20K", "--ram", "8K", "--out", "m.edm"]
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert re.search(r"fits: flash [\d,]+ of 20,480 bytes \(code [\d,]+, model [\d,]+\), RAM [\d,]+ of 8,192", shown)
    assert main([*words, "--json"]) == 0
    record = json.loads(capsys.readouterr().out.splitlines()[-1])
    chosen, splits = embdistill.load("m.edm"), splits_of(few_model, few_runs[6])
    gold = [chosen.labels[label] for label in splits.dev_labels]
    right = np.mean([answer == label for answer, label in zip(chosen.predict(splits.dev), gold, strict=True)])
    assert 100 * right == pytest.approx(record["chosen"]["dev"])
    assert record["chosen"] in record["considered"] and record["budget"] == {"flash": 20480, "ram": 8192}


@pytest.mark.parametrize(("text", "bytes"), [("64K", 65536), ("64k", 65536), ("1M", 1 << 20), ("65536", 65536)])
def test_sizes(text, bytes):
    assert parse_size("flash", text) == bytes


@pytest.mark.parametrize("text", ["", "0", "-1", "64KB", "1.5K", "much", "K"])
def test_sizes_that_are_none(text):
    with pytest.raises(UserError, match="such as 65536, 64K or 1M"):
        parse_size("flash", text)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--flash", "2K"], "the smallest possible is"),
        (["--flash", "64K", "--ram", "100"], "the smallest possible is"),
        (["--flash", "64K", "--dtype", "int2"], "must be one of float32, int8, int4"),
        (["--ram", "8K"], "--ram needs --flash"),
        (["--flash", "some"], "such as 65536, 64K or 1M"),
        (["--flash", "64K", "--dev", "dev.txt"], "held out a tenth"),
    ],
)
def test_refused(few_runs, tmp_path, capsys, options, problem):
    out = tmp_path / "m.edm"
    assert main(["export", few_runs[6], "--to", "edm", "--out", str(out), *options]) == 2
    error = capsys.readouterr().err
    assert problem in error and error.count("\n") == 1 and not out.exists()


def test_several_run_files_without_flash(few_runs, tmp_path, capsys):
    assert main(["export", ",".join(few_runs.values()), "--to", "edm", "--out", str(tmp_path / "m.edm")]) == 2
    assert "several run files need --flash" in capsys.readouterr().err


def test_of_equally_accurate_models_the_one_with_most_spellings_counts_then_the_surer():
    plain = Candidate("run.h5", 100, 10, "int8", 9000, 28000, 2000, True, 90.0, 0.4)
    candidates = [plain, replace(plain, right=50, cross_entropy=0.5), replace(plain, right=50)]
    assert max(candidates, key=lambda candidate: candidate.rank) is candidates[2]
    assert replace(plain, dev=90.1).rank > candidates[2].rank
