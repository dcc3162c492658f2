"""A run file that a process has trained."""

import json

import pytest

from cli_helpers import SMALL, command


@pytest.fixture(scope="session")
def trained(few_texts, few_vectors, tmp_path_factory):
    """A run file, and the JSON record of its training."""
    out = tmp_path_factory.mktemp("trained") / "run.h5"
    words = ["--data", few_texts, "--test", few_texts, "--vectors", few_vectors, "--out", out, *SMALL, "--json"]
    stdout, _ = command("train", *words, cwd=out.parent)
    return out, json.loads(stdout.splitlines()[-1])
