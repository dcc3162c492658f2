"""What the tests share. The corpora and vectors are found through EMBDISTILL_DATA; under CI they must be there."""

import os
import signal
import threading
import warnings
from pathlib import Path

import numba
import numpy as np
import pytest

from embdistill.cli import main
from embdistill.data.prepare import prepare
from embdistill.data.vectors import open_vectors
from embdistill.data.vectors.hdf5_file import write_vectors
from embdistill.export.edm import edm_bytes
from embdistill.model.classifier import Model
from embdistill.model.config import Config
from embdistill.model.edm import EdmModel
from embdistill.model.run_file import save_run
from embdistill.training.experiment import run
from model_helpers import NETWORKS, random_model
from training_helpers import config

JIT_DISABLED = bool(numba.config.DISABLE_JIT)  # kernels run as plain Python: sizes are reduced

# nohup, and shells for their background jobs, start programs with these ignored; so would the programs under test.
for number in (signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGINT)):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

RELATIONS = ["Cause-Effect", "Component-Whole", "Content-Container", "Entity-Destination", "Entity-Origin"]
RELATIONS += ["Instrument-Agency", "Member-Collection", "Message-Topic", "Product-Producer"]  # of SemEval-2010 task 8


def put(folder: Path, content: bytes | str, name: str = "file") -> Path:
    """Write bytes, or text as UTF-8, to a file in a folder; returns its path."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def write_few_vectors(path: Path) -> Path:
    rng = np.random.default_rng(1)
    words = [*"the a is on off light lamp music song play stop bright dark loud it that".split()]
    words += [f"word{i}" for i in range(60 - len(words))]
    lines = [f"{word} " + " ".join(f"{value:.4f}" for value in rng.normal(size=8)) for word in words]
    path.write_text("\n".join(lines) + "\n")
    return path


def write_few_texts(path: Path) -> Path:
    light = ["turn the lamp on", "light off", "it is dark", "is the light bright"]
    music = ["play that song", "stop the music", "it is loud", "play a song"]
    lines = [f"__label__light {text} word{i}" for i in range(5) for text in light]
    lines += [f"__label__music {text} word{i}" for i in range(5) for text in music]
    path.write_text("\n".join(lines) + "\n")
    return path


def files_in(folder: Path) -> dict[str, bytes | None]:
    """What is in a folder and those below it, by name; the content of each file that can be read."""
    readable = {path: path.is_file() and os.access(path, os.R_OK) for path in folder.rglob("*")}
    return {str(path.relative_to(folder)): path.read_bytes() if readable[path] else None for path in readable}


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of the real corpora and vectors."""
    folder = os.environ.get("EMBDISTILL_DATA")
    if not folder:
        assert not os.environ.get("CI"), "EMBDISTILL_DATA must name the folder of the corpora under CI"
        pytest.skip("needs the corpora: set EMBDISTILL_DATA to their folder")
    return Path(folder)


@pytest.fixture
def write(tmp_path):
    """Writes bytes, or text as UTF-8, to a new file, and returns its path."""
    return lambda content, name="t.txt": put(tmp_path, content, name)


@pytest.fixture
def pipe():
    """Gives the name of a pipe that hands out some bytes, a few at a time."""
    readers, threads = [], []

    def made(content, size=777):
        reader, writer = os.pipe()

        def feed():
            with os.fdopen(writer, "wb", 0) as stream:
                for at in range(0, len(content), size):
                    stream.write(content[at : at + size])

        threads.append(threading.Thread(target=feed, daemon=True))
        threads[-1].start()
        readers.append(reader)
        return f"/dev/fd/{reader}"

    yield made
    for reader in readers:
        os.close(reader)
    for thread in threads:
        thread.join()


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def few_vectors(tmp_path_factory) -> Path:
    """A small GloVe file, made up: 60 words, 8 dimensions."""
    return write_few_vectors(tmp_path_factory.mktemp("vectors") / "few.txt")


@pytest.fixture(scope="session")
def few_texts(tmp_path_factory) -> Path:
    """A small labelled file in fastText format: 40 examples, two classes."""
    return write_few_texts(tmp_path_factory.mktemp("texts") / "few.txt")


@pytest.fixture(scope="module")
def dataset(few_texts, few_vectors):
    """The two small files made ready, the first as the test split too."""
    return prepare(few_texts, None, few_texts, few_vectors, config()).with_dev(0)


@pytest.fixture(scope="session")
def small_model(few_texts, few_vectors):
    """A small model by method and network, trained when it is first asked for."""
    models = {}

    def train(method="encode", network="cnn"):
        if (method, network) not in models:
            config = Config(method=method, network=network, dim=4, filters=5, hidden=6, units=3, epochs=2)
            models[method, network] = run(prepare(few_texts, None, few_texts, few_vectors, config), config).model
        return models[method, network]

    return train


@pytest.fixture(scope="session")
def run_bytes(small_model, tmp_path_factory) -> bytes:
    """A run file, of method encode with a cnn."""
    path = tmp_path_factory.mktemp("run") / "run.h5"
    save_run(path, small_model())
    return path.read_bytes()


@pytest.fixture(params=NETWORKS)
def pair(request) -> tuple[Model, EdmModel]:
    """A model of each kind with random weights, and the same as .edm."""
    return _pair(request.param)


@pytest.fixture
def pair_of_texts() -> tuple[Model, EdmModel]:
    """As pair, a cnn of whole texts alone."""
    return _pair("cnn")


@pytest.fixture
def pair_of_relations() -> tuple[Model, EdmModel]:
    return _pair("relations cnn")


def _pair(network):
    model = random_model(NETWORKS[network])
    return model, EdmModel(edm_bytes(model, "float32"))


@pytest.fixture
def model_files(pair, tmp_path):
    """A model as run.h5 and as model.edm, and the model."""
    model, _ = pair
    save_run(tmp_path / "run.h5", model)
    (tmp_path / "model.edm").write_bytes(edm_bytes(model, "float32"))
    return tmp_path / "run.h5", tmp_path / "model.edm", model


@pytest.fixture(scope="session")
def vector_bytes(tmp_path_factory) -> bytes:
    """A vector file of ours: 30 words, 6 dimensions, int8."""
    path = tmp_path_factory.mktemp("vectors") / "vectors.h5"
    values = np.random.default_rng(4).normal(size=(30, 6)).astype(np.float32)
    write_vectors(path, ((f"wörd{i}", row) for i, row in enumerate(values)), 6, "int8", {"note": "made up"})
    return path.read_bytes()


@pytest.fixture(scope="session")
def sound_files(few_texts, few_vectors, run_bytes, tmp_path_factory) -> dict[str, bytes]:
    """The bytes of sound files by name: texts, vectors as text and as our HDF5, and a run."""
    path = tmp_path_factory.mktemp("sound") / "vectors.h5"
    file = open_vectors(few_vectors)
    write_vectors(path, file.rows(), file.dim, "float32", {})
    return {
        "texts.txt": few_texts.read_bytes(),
        "vectors.txt": few_vectors.read_bytes(),
        "run.h5": run_bytes,
        "vectors.h5": path.read_bytes(),
    }


@pytest.fixture
def here(sound_files, tmp_path, monkeypatch):
    """A working folder with the sound files."""
    for name, content in sound_files.items():
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
        before = files_in(here)
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
        assert files_in(here) == before
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
