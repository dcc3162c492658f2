"""The verb compare."""

import json

import pytest

from cli_helpers import command
from embdistill.cli import main

NO_ADDRESSES = ["localhost:8786", "http://localhost:8786", "tcp://localhost", "tcp://:8786", "tcp://localhost:port"]
NO_ADDRESSES += ["tcp://localhost:87860", "tcp://localhost:8786/status"]


@pytest.fixture
def comparison(few_texts, few_vectors):
    """The words of a comparison that takes a moment."""
    words = ["compare", "--data", few_texts, "--test", few_texts, "--vectors", few_vectors, "--network", "mean"]
    return [*map(str, words), "--epochs", "2", "--batch", "8", "--hidden", "6", "--out", "cmp"]


def test_compare_as_a_user_meets_it(comparison, tmp_path):
    words = [*comparison, "--methods", "large,direct,encode", "--dims", "4,2", "--seeds", "2"]
    stdout, stderr = command(*words, cwd=tmp_path)
    assert stdout.startswith("| method") and stderr.count(" test ") == 10
    rows = [[cell.strip() for cell in line.split("|")[1:4]] for line in stdout.splitlines()[2:7]]
    large, *small = rows
    assert large == ["large", "mean", "8"] and [row[0] for row in small] == ["direct", "direct", "encode", "encode"]
    stdout, stderr = command(*words, "--json", cwd=tmp_path)
    found = json.loads(stdout.splitlines()[-1])
    assert "10 of 10 runs are there already" in stderr
    assert (len(found["runs"]), len(found["summary"])) == (10, 5)
    assert found["runs"] == json.loads((tmp_path / "cmp" / "results.json").read_text())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--method", "encode"], "unknown option --method of compare; did you mean --methods?"),
        (["--config", "dim.toml"], "dim.toml: dim is not for compare; remove it and give --dims"),
        (["--dims", "4,0"], "--dims 0: must be a whole number, at least 1"),
        (["--folds", "3"], "--test does not go with --folds"),
        (
            ["--methods", "direct", "--dims", "4,2", "--small-vectors", "small.txt"],
            "--small-vectors have one dimension",
        ),
        (["--methods", "encode,encod"], "did you mean encode?"),
        (["--typos", "2"], "--typos 2: must be above 0, and at most 1"),
        (["--typo-seed", "2"], "--typo-seed goes with --typos"),
        (["--scheduler", "tcp://localhost:1", "--workers", "2"], "--workers and --scheduler exclude each other"),
        *(
            (["--scheduler", address], f"--scheduler {address}: must be an address such as tcp://")
            for address in NO_ADDRESSES
        ),
        (["--seeds", "0"], "--seeds 0: must be a whole number, at least 1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_compare_refuses(comparison, words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dim.toml").write_text("dim = 4\n")
    assert main([*comparison, *words]) == 2
    errors = capsys.readouterr().err
    assert said in errors and errors.count("\n") == 1 and not (tmp_path / "cmp").exists()


def test_compare_starts_direct_from_small_vectors(comparison, few_vectors, tmp_path):
    lines = [" ".join(line.split()[:4]) for line in few_vectors.read_text().splitlines()]
    (tmp_path / "small.txt").write_text("\n".join(lines) + "\n")
    words = ["--methods", "direct,encode", "--dims", "3", "--seeds", "1", "--small-vectors", "small.txt", "--json"]
    stdout, _ = command(*comparison, *words, cwd=tmp_path)
    assert [run["dim"] for run in json.loads(stdout.splitlines()[-1])["runs"]] == [3, 3]
