"""Inputs through pipes."""

import json
import subprocess
import sys

import pytest

from cli_helpers import COMPARE


def _piped(here, line):
    line = line.replace("embdistill", f"{sys.executable} -m embdistill")
    return subprocess.run(["bash", "-c", line], cwd=here, capture_output=True, text=True)


def test_what_train_reads_may_come_through_pipes(here):
    """Process substitution: each pipe can be read only once."""
    (here / "settings.toml").write_text("dim = 4\nfilters = 5\nepochs = 2\nunits = 9\n")
    (here / "vocab.txt").write_text("bright dark\n")
    pipes = (
        "--data <(cat texts.txt) --vectors <(cat vectors.txt) --vocab <(cat vocab.txt) --config <(cat settings.toml)"
    )
    finished = _piped(here, f"embdistill train {pipes} --out piped.h5")
    assert finished.returncode == 0 and "not used by encode with cnn: --units" in finished.stderr, finished.stderr
    files = pipes.replace("<(cat ", "").replace(")", "")
    assert _piped(here, f"embdistill train {files} --out read.h5").returncode == 0
    found = {name: json.loads(_piped(here, f"embdistill info {name}.h5 --json").stdout) for name in ("piped", "read")}
    assert found["piped"]["weights_sha256"] == found["read"]["weights_sha256"]
    digests = [[source["sha256"] for source in found[name]["inputs"]] for name in ("piped", "read")]
    assert digests[0] == digests[1] and len(digests[0]) == 3


def test_settings_of_a_comparison_may_too(here):
    more = "--methods direct --dims 4 --seeds 1 --config <(printf 'epochs=1\\nfilters=3\\n')"
    finished = _piped(here, f"embdistill {' '.join(COMPARE)} {more}")
    assert finished.returncode == 0, finished.stderr
    config = json.loads((here / "results" / "runs.jsonl").read_text())["config"]
    assert (config["epochs"], config["filters"]) == (1, 3)


@pytest.mark.parametrize("model", ["run.h5", "model.edm"])
@pytest.mark.parametrize("verb", ["predict", "info", "verify", "evaluate"])
def test_a_model_through_a_pipe_is_refused(here, works, model, verb):
    works("export", "run.h5", "--to", "edm", "--out", "model.edm")
    finished = _piped(
        here, f"embdistill {verb} <(cat {model}) {'--data texts.txt' if verb == 'evaluate' else ''} </dev/null"
    )
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr.endswith(": comes through a pipe, and has to be a file; save it as one\n")
    assert finished.stderr.count("\n") == 1
