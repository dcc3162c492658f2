"""What the tests of the command line share: whole processes, and a run trained by one."""

import json
import subprocess
import sys

import pytest

from conftest import SMALL


def process(folder, *words, **more):
    """`python -m embdistill WORDS`, run in a folder to its end."""
    words = [sys.executable, "-m", "embdistill", *map(str, words)]
    return subprocess.run(words, cwd=folder, capture_output=True, **more)


def command(*words, cwd, stdin=b""):
    """Standard output and standard error of `python -m embdistill WORDS`, which must end well."""
    finished = process(cwd, *words, input=stdin)
    assert finished.returncode == 0, finished.stderr.decode()
    return finished.stdout.decode(), finished.stderr.decode()


@pytest.fixture(scope="session")
def trained(few_texts, few_vectors, tmp_path_factory):
    """A run file, and the JSON record of its training."""
    out = tmp_path_factory.mktemp("trained") / "run.h5"
    words = ["--data", few_texts, "--test", few_texts, "--vectors", few_vectors, "--out", out, *SMALL, "--json"]
    stdout, _ = command("train", *words, cwd=out.parent)
    return out, json.loads(stdout.splitlines()[-1])
