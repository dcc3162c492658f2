"""What the tests share. The corpora and vectors are found through EMBDISTILL_DATA; under CI they must be there."""

import os
import warnings
from pathlib import Path

import numba
import numpy as np
import pytest

from cli_helpers import contents
from embdistill.cli import main
from embdistill.data.dataset import prepare
from embdistill.data.vectors import open_vectors
from embdistill.data.vectors.hdf5_file import write_vectors
from embdistill.model.config import Config
from embdistill.training.experiment import run
from training_helpers import config

JIT_DISABLED = bool(numba.config.DISABLE_JIT)  # kernels run as plain Python: sizes are reduced


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of the real corpora and vectors."""
    folder = os.environ.get("EMBDISTILL_DATA")
    if not folder:
        assert not os.environ.get("CI"), "EMBDISTILL_DATA must name the folder of the corpora under CI"
        pytest.skip("needs the corpora: set EMBDISTILL_DATA to their folder")
    return Path(folder)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def few_vectors(tmp_path_factory) -> Path:
    """A small GloVe file, made up: 60 words, 8 dimensions."""
    path = tmp_path_factory.mktemp("vectors") / "few.txt"
    rng = np.random.default_rng(1)
    words = [*"the a is on off light lamp music song play stop bright dark loud it that".split()]
    words += [f"word{i}" for i in range(60 - len(words))]
    lines = [f"{word} " + " ".join(f"{value:.4f}" for value in rng.normal(size=8)) for word in words]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="session")
def few_texts(tmp_path_factory) -> Path:
    """A small labelled file in fastText format: 40 examples, two classes."""
    path = tmp_path_factory.mktemp("texts") / "few.txt"
    light = ["turn the lamp on", "light off", "it is dark", "is the light bright"]
    music = ["play that song", "stop the music", "it is loud", "play a song"]
    lines = [f"__label__light {text} word{i}" for i in range(5) for text in light]
    lines += [f"__label__music {text} word{i}" for i in range(5) for text in music]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def dataset(few_texts, few_vectors):
    """The two small files made ready, the first as the test split too."""
    return prepare(few_texts, None, few_texts, few_vectors, config()).with_dev(0)


@pytest.fixture(scope="session")
def sound(few_texts, few_vectors, tmp_path_factory):
    """The bytes of sound files by name: texts, vectors as text and as our HDF5, and a run."""
    folder = tmp_path_factory.mktemp("sound")
    config = Config(dim=4, filters=5, epochs=2)
    run(prepare(few_texts, None, None, few_vectors, config), config, folder / "run.h5")
    file = open_vectors(few_vectors)
    write_vectors(folder / "vectors.h5", file.rows(), file.dim, "float32", {})
    return {
        "texts.txt": few_texts.read_bytes(),
        "vectors.txt": few_vectors.read_bytes(),
        "run.h5": (folder / "run.h5").read_bytes(),
        "vectors.h5": (folder / "vectors.h5").read_bytes(),
    }


@pytest.fixture
def here(sound, tmp_path, monkeypatch):
    """A working folder with the sound files."""
    for name, content in sound.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder").mkdir()
    for library in ("OPENBLAS", "MKL", "OMP"):
        monkeypatch.setenv(f"{library}_NUM_THREADS", "1")  # main sets them; put back afterwards
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _main(words):
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # it would be one line more
        return main([str(word) for word in words])


@pytest.fixture
def fails(here, capsys):
    """Run a command line that must fail as a mistake of the user does; gives the message, without `embdistill: `.

    late: the mistake is only found after other lines have told of the work.
    """

    def fails(*words, late=False):
        before = contents(here)
        capsys.readouterr()
        code = _main(words)
        output, errors = capsys.readouterr()
        lines = errors.splitlines()
        assert lines, f"nothing on standard error; exit code {code}"
        assert "Traceback" not in errors
        if not late:
            assert len(lines) == 1, errors
        assert lines[-1].startswith("embdistill: ")
        assert errors.endswith("\n")
        assert code == 2
        assert output == ""
        assert contents(here) == before
        return lines[-1].removeprefix("embdistill: ")

    return fails


@pytest.fixture
def works(here, capsys):
    """Run a command line that must succeed; gives its standard output."""

    def works(*words):
        capsys.readouterr()
        code = _main(words)
        output, errors = capsys.readouterr()
        assert code == 0, errors
        return output

    return works
