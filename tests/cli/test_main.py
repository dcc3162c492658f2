"""What a process ends with: exit code, one line on standard error, and what becomes of standard output."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import embdistill
from cli_helpers import TRAIN, process
from conftest import files_in


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*TRAIN, "--epoch", "3"], b"embdistill: unknown option --epoch of train; did you mean --epochs?\n"),
        ([*TRAIN[:-1], "none.txt"], b"embdistill: none.txt: cannot be read (No such file or directory)"),
        ([*TRAIN[:-1], "large.txt"], b"embdistill: large.txt:2: "),
        (["predict", "cut.h5"], b"embdistill: cut.h5: damaged"),
    ],
    ids=["option", "missing file", "too large a value", "truncated run"],
)
def test_a_process_ends_with_one_line_and_code_2(here, words, said):
    (here / "large.txt").write_text("the 1 2\nlamp 1 1e39\n")
    (here / "cut.h5").write_bytes((here / "run.h5").read_bytes()[:-1])
    before = files_in(here)
    finished = process(here, *words, input=b"turn the lamp on\n")
    assert finished.stderr.startswith(said)
    assert finished.stderr.count(b"\n") == 1 and finished.stderr.endswith(b"\n")
    assert (finished.returncode, finished.stdout) == (2, b"")
    assert files_in(here) == before


def test_a_clone_that_is_not_installed_says_so():
    """`-S` leaves out what is installed, and the clone comes from the working folder."""
    clone = Path(__file__).parents[2]
    finished = subprocess.run([sys.executable, "-S", "-m", "embdistill"], cwd=clone, capture_output=True, text=True)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr.count("\n") == 1 and "run `pip install -e .` there" in finished.stderr


@pytest.mark.skipif("site-packages" in embdistill.__file__, reason="a package that is not editable comes first")
def test_beside_a_clone_of_the_same_name_it_says_so(tmp_path):
    (tmp_path / "embdistill").mkdir()
    finished = subprocess.run([sys.executable, "-m", "embdistill"], cwd=tmp_path, capture_output=True, text=True)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr.count("\n") == 1 and f"{tmp_path}/embdistill: Python takes this folder" in finished.stderr


@pytest.mark.parametrize("option", [["--dim", "1000000000000"], ["--method", "direct", "--dim", "1000000000000"]])
def test_a_size_that_no_memory_holds_ends_in_one_line(fails, option):
    fails(*TRAIN, *option, late=True)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_under_the_output_is_said_in_one_line(trained):
    with open("/dev/full", "wb") as full:
        words = [sys.executable, "-m", "embdistill", "predict", str(trained[0])]
        finished = subprocess.run(words, input=b"play a song\n", stdout=full, stderr=subprocess.PIPE)
    assert finished.returncode == 2
    assert (
        finished.stderr
        == b"embdistill: standard output cannot be written (No space left on device); make room for it\n"
    )


def test_predict_into_a_pipe_that_closes(trained, tmp_path):
    script = f"yes 'play a song' | head -5000 | {sys.executable} -m embdistill predict {trained[0]} | head -1"
    finished = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert finished.stdout.count("\n") == 1 and finished.stderr == ""
