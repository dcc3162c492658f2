"""Standard streams that are closed, full, or cannot show what is written."""

import json
import os
import subprocess
import sys

import pytest

from cli_helpers import process

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
LABELS = "mûsic €", "wéather 😀"


@pytest.fixture
def labelled(here):
    """In the folder of `here` a model whose labels few encodings have."""
    from embdistill.model.run_file import load_run, save_run

    model = load_run("run.h5")
    model.labels = list(LABELS)
    save_run("labels.h5", model)
    return here


def _shell(folder, line, **environment):
    line = line.replace("embdistill", f"{sys.executable} -m embdistill")
    return subprocess.run(["bash", "-c", line], cwd=folder, capture_output=True, env=os.environ | environment)


@pytest.mark.parametrize("verb", ["predict run.h5 <texts.txt", "info run.h5", "evaluate run.h5 --data texts.txt"])
def test_closed_standard_output_is_said(here, verb):
    finished = _shell(here, f"embdistill {verb} >&-")
    said = b"embdistill: standard output cannot be written (Bad file descriptor); make room for it\n"
    assert finished.returncode == 2 and finished.stderr.endswith(said) and b"Traceback" not in finished.stderr


def test_closed_standard_input_is_said(here):
    finished = _shell(here, "embdistill predict run.h5 <&-")
    assert (finished.returncode, finished.stdout) == (2, b"")
    assert finished.stderr.startswith(b"embdistill: standard input: cannot be ")
    assert finished.stderr.count(b"\n") == 1


def test_closed_standard_error_is_no_obstacle(here):
    finished = _shell(here, "embdistill evaluate run.h5 --data texts.txt --json 2>&-")
    assert finished.returncode == 0 and json.loads(finished.stdout)["examples"] == 40
    assert _shell(here, "embdistill info none.h5 2>&-").returncode == 2


def test_all_three_closed(here):
    small = "--data texts.txt --vectors vectors.txt --dim 4 --filters 5 --epochs 2"
    assert _shell(here, f"embdistill train {small} --out new.h5 <&- >&- 2>&-").returncode == 2  # nothing was printed
    assert _shell(here, "embdistill verify new.h5").returncode == 0  # but it is there, and nothing is printed in it


@pytest.mark.parametrize(
    ("environment", "shown"),
    [
        ({"PYTHONIOENCODING": "cp1252"}, ["mûsic €".encode("cp1252"), b"w\xe9ather \\ud83d\\ude00"]),
        ({"PYTHONIOENCODING": "latin-1"}, [b"m\xfbsic \\u20ac", b"w\xe9ather \\ud83d\\ude00"]),
        (
            {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
            [b"m\\u00fbsic \\u20ac", b"w\\u00e9ather \\ud83d\\ude00"],
        ),
        ({"LC_ALL": "C.UTF-8"}, [label.encode() for label in LABELS]),
    ],
    ids=["Windows-1252", "Latin-1", "ASCII", "UTF-8"],
)
def test_what_cannot_be_shown_is_replaced_and_that_is_said_once(labelled, environment, shown):
    finished = _shell(labelled, "embdistill info labels.h5 && embdistill predict labels.h5 <texts.txt", **environment)
    assert finished.returncode == 0
    assert {line.split(b"\t")[0] for line in finished.stdout.splitlines() if b"\t" in line} <= set(shown)
    replaced = any(b"\\u" in label for label in shown)
    for verb in ("info labels.h5", "predict labels.h5 --json <texts.txt"):
        finished = _shell(labelled, f"embdistill {verb}", **environment)
        assert finished.stderr.count(b"standard output cannot show") == replaced
    found = json.loads(finished.stdout.decode(environment.get("PYTHONIOENCODING", "utf-8")))
    assert all(set(answer["probabilities"]) == set(LABELS) for answer in found["predictions"])


def test_a_name_that_is_not_utf_8(here):
    name = os.fsdecode(b"mod\xe8le.h5")
    try:
        os.rename("run.h5", name)
    except OSError:
        pytest.skip("the file system has no such names")
    finished = process(here, "info", name, "--json", env=os.environ | {"LC_ALL": "C.UTF-8"})
    assert finished.returncode == 0 and json.loads(finished.stdout)["labels"]
    finished = process(here, "export", name, "--to", "edm", "--out", os.fsdecode(b"\xff.edm"), "--json")
    assert finished.returncode == 0 and json.loads(finished.stdout)["model"] == name
    assert finished.stderr == b""  # half letters in names are no fault of the terminal
    finished = process(here, "info", os.fsdecode(b"none\xff"))
    assert (finished.returncode, finished.stdout) == (2, b"")
    assert finished.stderr.startswith(b"embdistill: none\\udcff: cannot be read (No such file")


def test_comparisons_of_such_files(here):
    data = os.fsdecode(b"donn\xe9es.txt")
    try:
        os.rename("texts.txt", data)
    except OSError:
        pytest.skip("the file system has no such names")
    words = ["--data", data, "--test", data, "--vectors", "vectors.txt", "--out", os.fsdecode(b"r\xe9sultats")]
    words += ["--methods", "direct", "--dims", "4", "--seeds", "1", "--epochs", "1", "--filters", "3"]
    for _ in range(2):  # made, and found
        finished = process(here, "compare", *words)
        assert finished.returncode == 0, finished.stderr


def test_an_error_of_a_file_without_name_is_not_blamed_on_standard_output(capsys, monkeypatch):
    from embdistill import cli

    def fails(words):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(cli, "_run", fails)
    assert cli.main(["info"]) == 2
    said = "embdistill: a file or device: cannot be used (Input/output error); check that it is there, and sound\n"
    assert capsys.readouterr().err == said
