"""Fixtures of the tests of training."""

import pytest

from embdistill.cli import main
from embdistill.training.experiment import run
from embdistill.training.teachers import teacher_configs
from training_helpers import RELATIONS, SENTENCES, config


@pytest.fixture(scope="module")
def teacher(dataset, tmp_path_factory):
    """A run file of the teacher that an encode+soft student of seed 0 would train on the spot."""
    path = tmp_path_factory.mktemp("teacher") / "teacher.h5"
    run(dataset, teacher_configs(config("encode+soft"))[0], path)
    return path


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """A small file of relations."""
    path = tmp_path_factory.mktemp("marked") / "marked.txt"
    blocks = [f'{i}\t"{SENTENCES[i % 4]}"\n{RELATIONS[i % 3]}\nComment:\n\n' for i in range(36)]
    path.write_text("".join(blocks))
    return path


@pytest.fixture
def refused(tmp_path, monkeypatch, capsys):
    """Run a command line that must fail in one line, write nothing, and end with code 2; gives the line."""
    for library in ("OPENBLAS", "MKL"):
        monkeypatch.setenv(f"{library}_NUM_THREADS", "1")
    monkeypatch.chdir(tmp_path)

    def refused(*words):
        before = sorted(tmp_path.iterdir())
        assert main([str(word) for word in words]) == 2
        output, errors = capsys.readouterr()
        assert output == "" and sorted(tmp_path.iterdir()) == before and "Traceback" not in errors
        return errors.splitlines()[-1].removeprefix("embdistill: ")

    return refused
