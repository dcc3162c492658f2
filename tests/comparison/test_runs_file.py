"""runs.jsonl: a comparison goes on where it was stopped, and never on another's or damaged runs."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from comparison_helpers import CONFIG, digests, entries, quick
from embdistill.comparison.runs_file import RUNS, dataset_digest
from embdistill.data.typos import Typos
from embdistill.errors import UserError
from embdistill.training import experiment

REPOSITORY = Path(__file__).parent.parent.parent


def test_a_finished_comparison_is_not_repeated(few_dataset, tmp_path, monkeypatch):
    first = quick(few_dataset, tmp_path)
    monkeypatch.setattr(experiment, "run", None)
    assert quick(few_dataset, tmp_path) == first


def test_only_new_runs_are_made_and_others_stay(few_dataset, tmp_path, capsys):
    quick(few_dataset, tmp_path, methods=["direct"])
    before = (tmp_path / RUNS).read_text()
    records = quick(few_dataset, tmp_path, replace(CONFIG, rate=0.01))
    assert (tmp_path / RUNS).read_text().startswith(before)
    assert len(entries(tmp_path)) == 6 and len(records) == 4
    assert {record["config"]["rate"] for record in records} == {0.01}
    assert "2 runs of other settings or files stay there" in capsys.readouterr().err
    quick(few_dataset, tmp_path, seeds=(0, 1, 2))
    assert len(entries(tmp_path)) == 6 + 4  # encode, and the new seed of direct
    assert "2 of 6 runs are there already" in capsys.readouterr().err


def test_another_test_split_is_another_dataset(few_dataset, tmp_path):
    quick(few_dataset, tmp_path, methods=["direct"], seeds=(0,))
    other = replace(few_dataset, test=few_dataset.test.select(np.arange(10)))
    assert quick(other, tmp_path, methods=["direct"], seeds=(0,))[0]["sentences"]["test"] == 10
    assert len(entries(tmp_path)) == 2


def test_runs_without_typing_errors_are_others(few_dataset, tmp_path, capsys):
    quick(few_dataset, tmp_path, methods=["direct"], seeds=(0,))
    typed = quick(few_dataset, tmp_path, methods=["direct"], seeds=(0,), typos=Typos(0.2))
    assert "1 runs of other settings or files stay there" in capsys.readouterr().err
    assert quick(few_dataset, tmp_path, methods=["direct"], seeds=(0,), typos=Typos(0.2)) == typed
    assert "typos" not in quick(few_dataset, tmp_path, methods=["direct"], seeds=(0,))[0]
    assert len(entries(tmp_path)) == 2
    lines = (tmp_path / RUNS).read_text()
    (tmp_path / RUNS).write_text(lines.replace('"test_typos"', '"others"'))
    with pytest.raises(UserError, match=rf"{RUNS}:2: is damaged .has no scores with typing errors"):
        quick(few_dataset, tmp_path, methods=["direct"], seeds=(0,), typos=Typos(0.2))


def test_another_spelling_of_an_unknown_word_is_another_dataset(few_dataset):
    test = few_dataset.test
    other = replace(few_dataset, test=replace(test, texts=[text.replace("on", "onn") for text in test.texts]))
    assert dataset_digest(other) != dataset_digest(few_dataset)


def test_an_incomplete_line_is_removed_and_its_run_repeated(few_dataset, tmp_path, capsys):
    first = quick(few_dataset, tmp_path)
    whole = (tmp_path / RUNS).read_bytes()
    for cut in (1, 200):
        (tmp_path / RUNS).write_bytes(whole[:-cut])
        assert digests(quick(few_dataset, tmp_path)) == digests(first)
        assert "the last line was incomplete" in capsys.readouterr().err
        assert len(entries(tmp_path)) == 4


@pytest.mark.parametrize(
    "damage",
    [
        lambda line: line[:-20],
        lambda line: b"[]",
        lambda line: b"\xff" + line,
        lambda line: b"[" * 100_000,
        lambda line: line.replace(b'"history": [', b'"history": [7, '),
        lambda line: line.replace(b'"test": {"accuracy": ', b'"test": {"accuracy": "x", "y": '),
    ],
)
def test_a_damaged_line_is_refused_with_its_number(few_dataset, tmp_path, damage):
    quick(few_dataset, tmp_path)
    lines = (tmp_path / RUNS).read_bytes().splitlines()
    lines[1] = damage(lines[1])
    (tmp_path / RUNS).write_bytes(b"\n".join(lines) + b"\n")
    with pytest.raises(UserError, match=rf"{RUNS}:2: is damaged .*; remove this line"):
        quick(few_dataset, tmp_path)


def test_a_second_comparison_in_the_same_folder_is_refused(few_dataset, tmp_path):
    held = (
        f"import time; from embdistill.comparison.runs_file import RunsFile; f = RunsFile({str(tmp_path / RUNS)!r}, '')"
    )
    words = [sys.executable, "-c", f"{held}; print('held', flush=True); time.sleep(60)"]
    with subprocess.Popen(words, cwd=REPOSITORY, stdout=subprocess.PIPE) as process:
        try:
            process.stdout.readline()
            with pytest.raises(UserError, match="another comparison is using it"):
                quick(few_dataset, tmp_path)
        finally:
            process.kill()
