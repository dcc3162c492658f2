"""Worker processes: the same weights however they start, no output, and what happens when one, or the parent, dies."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from comparison_helpers import CONFIG, digests, entries, grid
from embdistill.comparison import compare as comparison
from embdistill.comparison.compare import compare
from embdistill.comparison.runs_file import RUNS
from embdistill.comparison.workers import process_pool, run_job
from embdistill.errors import UserError

REPOSITORY = Path(__file__).parent.parent.parent
SCRIPT = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts its background jobs with SIGINT ignored
from embdistill.comparison.compare import compare
from embdistill.comparison.plan import Grid
from embdistill.data.prepare import prepare
from embdistill.model.config import Config
texts, vectors, folder = sys.argv[1:]
config = Config(dim=4, filters=5, hidden=6, epochs=2, batch=8, network="mean")
compare(prepare(texts, None, texts, vectors, config), config, Grid(["direct", "encode"], [4], range(200)), folder, 2)
"""


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_same_weights_whatever_the_workers_and_how_they_start(few_dataset, tmp_path, start, finished_comparison):
    records = compare(few_dataset, CONFIG, grid(), tmp_path, 2, partial(process_pool, start=start))
    expected = digests(finished_comparison[1])
    assert all(expected[run] == digest for run, digest in digests(records).items())
    assert len(records) == 4


def test_workers_are_silent_and_the_parent_prints_a_line_per_run(few_dataset, tmp_path, capfd):
    compare(few_dataset, CONFIG, grid(seeds=[0]), tmp_path, 2)
    out, err = capfd.readouterr()
    assert out == ""
    lines = [line for line in err.splitlines() if "compil" not in line and "figures" not in line]
    assert len(lines) == 2
    assert lines[0].startswith("1/2 ") and lines[1].startswith("2/2 ") and "test" in lines[0]


def test_an_error_of_a_run_names_the_run(few_dataset, tmp_path):
    with pytest.raises(UserError, match=r"^encode d=4 seed 0: the loss is no longer finite"):
        compare(few_dataset, replace(CONFIG, rate=1e30), grid(["encode"], seeds=[0]), tmp_path, 1)


def die(job, cache):
    if job.config.seed == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return run_job(job, cache)


def test_a_killed_worker_is_reported_in_one_line_and_results_stay(few_dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(comparison, "run_job", die)
    with pytest.raises(UserError, match="a worker process died") as caught:
        compare(few_dataset, CONFIG, grid(), tmp_path, 1)
    assert "\n" not in str(caught.value)
    assert {run["seed"] for run in entries(tmp_path)} == {0}


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT])
def test_goes_on_after_a_kill_and_leaves_no_worker(few_dataset, few_texts, few_vectors, tmp_path, blow):
    """Only the parent is hit: its workers must end by themselves."""
    words = [sys.executable, "-c", SCRIPT, str(few_texts), str(few_vectors), str(tmp_path)]
    process = subprocess.Popen(words, cwd=REPOSITORY, stderr=subprocess.PIPE, start_new_session=True)
    deadline = time.monotonic() + 120
    while not (tmp_path / RUNS).exists() or (tmp_path / RUNS).read_bytes().count(b"\n") < 3:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(blow)
    err = process.communicate(timeout=30)[1]  # returns when the last worker has closed standard error too
    assert b"Traceback" not in err or blow == signal.SIGINT
    assert (b"the same command goes on from there" in err) == (blow == signal.SIGINT)
    made = (tmp_path / RUNS).read_bytes().count(b"\n")
    assert 3 <= made < 400
    assert len(compare(few_dataset, CONFIG, grid(), tmp_path, 2)) == 4
