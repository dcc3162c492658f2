"""Signals, and what a killed training leaves."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from cli_helpers import COMPARE, TRAIN
from conftest import files_in

LONG = [*TRAIN, "--dim", "4", "--filters", "5", "--epochs", "1000000", "--patience", "1000000"]


@pytest.fixture
def often(here, monkeypatch):
    """Starts a training that writes checkpoints all the time; waits for the first."""
    program = (
        "import sys; from embdistill.training import checkpoint; checkpoint.SECONDS = 0; "
        "from embdistill.cli import main; sys.exit(main())"
    )
    started = []

    def often(*words):
        words = [sys.executable, "-c", program, *words]
        started.append(subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        for _ in range(1200):
            if os.path.exists("new.h5.checkpoint") or started[-1].poll() is not None:
                return started[-1]
            time.sleep(0.05)
        raise AssertionError("no checkpoint")

    yield often
    for running in started:
        running.kill()
        running.communicate()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 1)])
def test_a_signal_ends_a_training_in_order(often, fails, here, number, code):
    before = set(os.listdir())
    running = often(*LONG, "--out", "new.h5")
    running.send_signal(number)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == code
    said = f"embdistill: stopped by {number.name}; `train --resume` continues a run from its last checkpoint"
    assert errors.splitlines()[-1] == said and "Traceback" not in errors
    assert set(os.listdir()) - before == {"new.h5.checkpoint"}
    said = fails(*LONG, "--out", "new.h5")
    assert said.startswith("new.h5.checkpoint: of a run that was stopped; give --resume to go on with it, remove it")
    said = fails(*LONG, "--out", "new.h5", "--seed", "1", "--resume", late=True)
    assert said.startswith("new.h5.checkpoint: made with other files or settings")


def test_what_a_killed_training_left_is_swept_by_the_next(often, here):
    running = often(*LONG, "--out", "new.h5")
    running.kill()
    running.communicate()
    (here / ".embdistill.killed00.part").write_bytes(b"half of a checkpoint")  # whether or not it was writing one
    second = often(*LONG, "--out", "new.h5", "--resume")
    for _ in range(600):
        if not os.path.exists(".embdistill.killed00.part"):
            break
        time.sleep(0.05)
    second.terminate()
    second.communicate()
    assert [name for name in os.listdir() if name.startswith(".embdistill")] == []


def test_a_comparison_ends_with_its_workers(here):
    words = [*COMPARE, "--methods", "direct,encode+soft", "--dims", "4", "--seeds", "40", "--workers", "2"]
    words = [sys.executable, "-m", "embdistill", *words, "--epochs", "30"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, start_new_session=True) as running:
        for line in running.stderr:
            if line.startswith("3/80 "):
                break
        os.killpg(running.pid, signal.SIGTERM)  # as systemd and Slurm do: parent and workers alike
        errors = running.stderr.read()
    assert running.returncode == 143 and "Traceback" not in errors and "worker process died" not in errors, errors
    assert errors.splitlines()[-1] == "embdistill: stopped by SIGTERM"
    assert list(here.rglob(".embdistill*")) == []
    with pytest.raises(ProcessLookupError):
        os.killpg(running.pid, 0)
    runs = (here / "results" / "runs.jsonl").read_text().splitlines()
    assert len(runs) >= 3 and all(json.loads(line) for line in runs)


def test_ctrl_c_at_any_point_of_an_export_leaves_a_whole_project(here, works):
    works("export", "run.h5", "--to", "c", "--out", "project")
    whole = files_in(here / "project")
    program = "import sys; from embdistill.cli import main; print('here', flush=True); sys.exit(main())"
    words = [sys.executable, "-c", program, "export", "run.h5", "--to", "c", "--out", "project"]
    for attempt in range(12):
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            running.stdout.readline()
            time.sleep(0.3 + attempt / 30)
            running.send_signal(signal.SIGINT if attempt % 2 else signal.SIGKILL)
        assert files_in(here / "project") == whole
    works("export", "run.h5", "--to", "c", "--out", "project")
    assert [path for path in here.iterdir() if path.name.startswith(".embdistill")] == []
