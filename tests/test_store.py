"""Files of our own: they come back as they were, are never half written, and are refused when they are not sound."""

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

import embdistill
from embdistill import kernels, load
from embdistill.data.dataset import prepare
from embdistill.data.tokenizer import Tokenizer
from embdistill.data.vectors import load_vectors, open_vectors
from embdistill.data.vectors.hdf5_file import BLOCK_ROWS, vectors_summary, write_vectors
from embdistill.data.vocabulary import Vocabulary
from embdistill.errors import FormatError, UserError
from embdistill.model.config import Config
from embdistill.model.run_file import load_run, save_run
from embdistill.storage import userblock
from embdistill.storage.arrays import load_arrays, save_arrays
from embdistill.storage.files import check_writable, whole_file
from embdistill.storage.hdf5 import SCHEMA_VERSION, schema_of
from embdistill.training.experiment import run


def load_checkpoint(path):
    return load_arrays(path, "checkpoint")


SMALL = {"dim": 4, "filters": 5, "hidden": 6, "units": 3, "epochs": 2}
LARGE_DIM = 8  # of few_vectors
TEXTS = [b"turn the lamp on", "play a song", "", "nothing known here", b"\xff\xfe", "the\n"]


@pytest.fixture(scope="module")
def trained(few_texts, few_vectors):
    """A small model by method and network."""
    models = {}

    def train(method="encode", network="cnn"):
        if (method, network) not in models:
            config = Config(method=method, network=network, **SMALL)
            models[method, network] = run(prepare(few_texts, None, few_texts, few_vectors, config), config).model
        return models[method, network]

    return train


@pytest.fixture(scope="module")
def model(trained):
    return trained()


@pytest.fixture(scope="module")
def run_bytes(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "run.h5"
    save_run(path, model)
    return path.read_bytes()


def _rows(count, dim=6):
    values = np.random.default_rng(4).normal(size=(count, dim)).astype(np.float32)
    return [f"wörd{i}" for i in range(count)], values


@pytest.fixture(scope="module")
def vector_bytes(tmp_path_factory):
    path = tmp_path_factory.mktemp("vectors") / "vectors.h5"
    write_vectors(path, zip(*_rows(30), strict=True), 6, "int8", {"note": "made up"})
    return path.read_bytes()


@pytest.fixture(params=["run", "vectors"])
def sound(request, run_bytes, vector_bytes):
    """The bytes of a file, and the function that reads it."""
    return {"run": (run_bytes, load_run), "vectors": (vector_bytes, vectors_summary)}[request.param]


def _file(folder, content, name="file.h5"):
    path = folder / name
    path.write_bytes(content)
    return path


def _refused(read, path) -> str:
    """The one line with which a file is refused."""
    with pytest.raises(FormatError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def _edited(folder, content, change):
    """A file changed by `change(h5py.File)`, with a checksum that fits again."""
    path = _file(folder, content)
    with h5py.File(path, "r+") as file:
        change(file)
    userblock.seal(path)
    return path


def _replaced(name, value):
    def change(file):
        del file[name]
        file[name] = value

    return change


def _files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# ---- round trips ----


def _assert_same_model(loaded, model):
    assert loaded.labels == model.labels
    assert loaded.tokenizer == model.tokenizer
    assert loaded.vocabulary.words == model.vocabulary.words
    assert loaded.vocabulary.index == model.vocabulary.index
    assert loaded.network == model.network and type(loaded.network) is type(model.network)
    assert loaded.about == model.about
    assert loaded.values.keys() == model.values.keys()
    for name, value in {**model.values, "table": model.table}.items():
        back = loaded.table if name == "table" else loaded.values[name]
        assert back.dtype == np.float32 and back.shape == value.shape and back.tobytes() == value.tobytes(), name


@pytest.mark.parametrize("network", ["mean", "cnn", "lstm"])
@pytest.mark.parametrize("method", ["large", "direct", "encode"])
def test_a_run_comes_back_exactly(trained, tmp_path, method, network):
    model = trained(method, network)
    path = tmp_path / "run.h5"
    save_run(path, model)
    loaded = load(path)
    _assert_same_model(loaded, model)
    assert loaded.digest() == model.digest()
    assert loaded.predict_proba(TEXTS).tobytes() == model.predict_proba(TEXTS).tobytes()
    assert schema_of(path) == "run"


@pytest.mark.parametrize("network", ["mean", "cnn"])
def test_a_run_file_of_schema_1_predicts_as_ever(trained, tmp_path, network):
    """Schema 1 had the taps of a cnn as (taps, H, d), and networks without positions."""
    model = trained("encode", network)
    save_run(tmp_path / "new.h5", model)

    def change(file):
        file.attrs["schema_version"] = 1
        settings = json.loads(file["network"].attrs["settings"])
        file["network"].attrs["settings"] = json.dumps({k: v for k, v in settings.items() if "position" not in k})
        if network == "cnn":
            weight = file["network/conv.weight"][()]
            _replaced("network/conv.weight", weight.reshape(sum(model.network.widths), -1, model.network.dim))(file)
            assert file["network/conv.weight"].shape == (12, 5, 4)

    path = _edited(tmp_path, (tmp_path / "new.h5").read_bytes(), change)
    _assert_same_model(load(path), model)
    assert load(path).predict_proba(TEXTS).tobytes() == model.predict_proba(TEXTS).tobytes()


def test_a_run_comes_back_with_every_kind_of_name(model, tmp_path):
    words = ["naïve", ". . .", "日本", "\u0085", "a\u2028b", "", "\r", "\t", *model.vocabulary.words[9:]]
    special = replace(
        model,
        labels=["très bon", " spaced  "],
        vocabulary=Vocabulary(words),
        tokenizer=Tokenizer("whitespace", False),
        about={"note": 'ü "quoted"\n', "list": [1, 2.5, None, True], "path": "\udcff"},
    )
    path = tmp_path / "run.h5"
    save_run(path, special)
    _assert_same_model(load(path), special)


def _kept_or_refused(path, write, read):
    """What was written is read back; or it is refused and nothing is written."""
    try:
        write()
    except UserError as error:
        assert "\n" not in str(error)
        assert not path.exists()
        return
    read()


def test_a_label_with_a_line_end_does_not_make_a_file_that_cannot_be_read(model, tmp_path):
    path = tmp_path / "run.h5"
    odd = replace(model, labels=["two\nlines", "one"])
    _kept_or_refused(path, lambda: save_run(path, odd), lambda: _assert_same_model(load(path), odd))


def test_a_word_with_a_line_end_does_not_make_a_file_that_cannot_be_read(tmp_path):
    path = tmp_path / "vectors.h5"

    def read():
        assert load_vectors(open_vectors(path))[0] == ["two\nlines", "one"]

    rows = [("two\nlines", np.ones(3, np.float32)), ("one", np.ones(3, np.float32))]
    _kept_or_refused(path, lambda: write_vectors(path, rows, 3, "float32", {}), read)


@pytest.mark.parametrize("count", [1, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1, 10_000])
@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
def test_vectors_come_back_row_for_row(tmp_path, dtype, count):
    words, values = _rows(count)
    path = tmp_path / "vectors.h5"
    about = {"source": "ü", "licence": "CC0"}
    written = write_vectors(path, zip(words, values, strict=True), 6, dtype, about)
    assert written == count
    assert vectors_summary(path) == {"words": count, "dim": 6, "dtype": dtype, "about": about}
    assert schema_of(path) == "vectors"
    found, rows = load_vectors(open_vectors(path))
    assert found == words
    if dtype == "int8":
        scales = np.abs(values).max(axis=1, keepdims=True) / np.float32(127)
        expected = np.rint(values / scales) * scales
    else:
        expected = values.astype(dtype).astype(np.float32)
    np.testing.assert_array_equal(rows, expected)


def test_a_checkpoint_comes_back_exactly(tmp_path):
    arrays = {
        "learner": {
            "values0": np.arange(6, dtype=np.float32).reshape(2, 3),
            "steps": np.array(2**62),
            "empty": np.empty((0, 4), np.float32),
            "double": np.array([np.pi, np.nan]),
        },
        "outcomes": {"teacher0": np.ones((3, 2), np.float32)},
        "nothing": {},
    }
    about = {"history": [[1, 0.1, 2.5]], "state": 2**127 + 1}
    path = tmp_path / "run.h5.checkpoint"
    save_arrays(path, "checkpoint", arrays, about)
    found, found_about = load_checkpoint(path)
    assert found_about == about
    assert found.keys() == arrays.keys()
    for group, members in arrays.items():
        assert found[group].keys() == members.keys()
        for name, array in members.items():
            assert (found[group][name].dtype, found[group][name].shape) == (array.dtype, array.shape)
            assert found[group][name].tobytes() == array.tobytes()


# ---- what a run file holds, and what not ----


def _dimensions(path):
    """Every dimension of every dataset of a file."""
    found = set()
    with h5py.File(path) as file:
        file.visititems(lambda _, item: found.update(item.shape) if isinstance(item, h5py.Dataset) else None)
    return found


@pytest.mark.parametrize("network", ["mean", "cnn", "lstm"])
def test_nothing_of_the_size_of_the_large_vectors_is_saved(trained, tmp_path, network):
    path = tmp_path / "run.h5"
    save_run(path, trained("encode", network))
    dimensions = _dimensions(path)
    assert {4, len(trained("encode", network).vocabulary)} <= dimensions
    assert LARGE_DIM not in dimensions
    save_run(path, trained("large", network))  # which keeps them: so the size would be seen
    assert LARGE_DIM in _dimensions(path)


def test_no_source_of_the_package_mentions_pickle():
    folders = [Path(embdistill.__file__).parent, Path(kernels.__file__).parent]
    sources = [path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".c", ".h")]
    assert {"hdf5.py", "adam.py", "embdistill.c"} <= {path.name for path in sources}
    assert [path.name for path in sources if b"pickle" in path.read_bytes()] == []


def test_no_dataset_holds_python_objects(run_bytes, vector_bytes, tmp_path):
    """Object datasets would be pickles, or references that libhdf5 follows; strings are the only ones allowed."""
    for content in (run_bytes, vector_bytes):
        with h5py.File(_file(tmp_path, content)) as file:
            items = []
            file.visititems(lambda _, item, items=items: items.append(item))
            for item in items:
                if isinstance(item, h5py.Dataset):
                    assert item.dtype.kind in "fiu" or h5py.check_string_dtype(item.dtype), item.name


# ---- damaged files ----


def _positions(content):
    """Some 200 places all over a file, every one of its mark and the edges of its user block among them."""
    spread = np.random.default_rng(9).choice(len(content), 120, replace=False)
    return sorted(
        {*range(0, 90, 2), *range(90, 512, 12), 15, 16, 510, 511, 512, 513, len(content) - 1, *spread.tolist()}
    )


def test_a_file_with_any_byte_altered_is_refused(sound, tmp_path):
    content, read = sound
    positions = _positions(content)
    assert len(positions) >= 190
    for at in positions:
        for flip in (0x01, 0xFF):
            altered = bytearray(content)
            altered[at] ^= flip
            _refused(read, _file(tmp_path, altered))
    read(_file(tmp_path, content))


def test_a_file_cut_off_anywhere_is_refused(sound, tmp_path):
    content, read = sound
    for cut in _positions(content):
        _refused(read, _file(tmp_path, content[:cut]))


def test_a_file_with_something_appended_is_refused(sound, tmp_path):
    content, read = sound
    assert "checksum" in _refused(read, _file(tmp_path, content + b"\0"))


def test_an_altered_file_is_refused_whoever_reads_it(run_bytes, vector_bytes, tmp_path):
    for content, readers in [(run_bytes, [load, schema_of]), (vector_bytes, [open_vectors, schema_of])]:
        altered = bytearray(content)
        altered[len(altered) // 2] ^= 1
        for read in readers:
            assert "checksum" in _refused(read, _file(tmp_path, altered))


@pytest.mark.parametrize(
    "content",
    [b"", b"the 0.1 0.2\n", b"embdistill hdf5\n", b"\x89HDF\r\n\x1a\n" + b"\0" * 2000, bytes(range(256)) * 20],
    ids=["empty", "text", "mark only", "bare HDF5", "bytes"],
)
@pytest.mark.parametrize("read", [load, vectors_summary, load_checkpoint, schema_of], ids=lambda read: read.__name__)
def test_other_files_are_refused(tmp_path, read, content):
    _refused(read, _file(tmp_path, content))


@pytest.mark.parametrize("seed", range(10))
def test_random_bytes_are_refused(tmp_path, seed):
    content = np.random.default_rng(seed).bytes(3000)
    for read in (load, vectors_summary, schema_of):
        _refused(read, _file(tmp_path, content))


@pytest.mark.parametrize("read", [load, vectors_summary, load_checkpoint, schema_of], ids=lambda read: read.__name__)
def test_a_sealed_file_that_is_no_hdf5_is_refused(tmp_path, read):
    path = _file(tmp_path, bytes(userblock.SIZE) + b"not HDF5" * 100)
    userblock.seal(path)
    _refused(read, path)


def test_a_file_that_cannot_be_read_is_a_user_error(tmp_path):
    for path, reason in [(tmp_path / "none.h5", "No such file or directory"), (tmp_path, "Is a directory")]:
        for read in (load, vectors_summary, load_checkpoint, schema_of):
            with pytest.raises(UserError) as caught:
                read(path)
            assert str(caught.value).startswith(f"{path}: cannot be read ({reason})")


# ---- sealed files that do not hold what they should ----


def test_a_newer_schema_is_refused_and_named(sound, tmp_path):
    content, read = sound
    path = _edited(tmp_path, content, lambda file: file.attrs.__setitem__("schema_version", SCHEMA_VERSION + 1))
    problem = _refused(read, path)
    assert f"schema {SCHEMA_VERSION + 1}" in problem and f"newer than {SCHEMA_VERSION}" in problem
    assert "update embdistill" in problem


def test_another_kind_of_file_is_refused_and_named(run_bytes, vector_bytes, tmp_path):
    run_path = _file(tmp_path, run_bytes, "run.h5")
    vectors_path = _file(tmp_path, vector_bytes, "vectors.h5")
    assert "a run file, not a vectors file" in _refused(vectors_summary, run_path)
    assert "a run file, not a vectors file" in _refused(open_vectors, run_path)
    assert "a run file, not a checkpoint file" in _refused(load_checkpoint, run_path)
    assert "a vectors file, not a run file" in _refused(load, vectors_path)


def _one_row_more(name):
    return lambda file: _replaced(name, np.concatenate([file[name][()], file[name][-1:]]))(file)


def _one_row_less(name):
    return lambda file: _replaced(name, file[name][:-1])(file)


def _transposed(name):
    return lambda file: _replaced(name, file[name][()].T.copy())(file)


def _flat(name):
    return lambda file: _replaced(name, file[name][()].ravel())(file)


def _double(name):
    return lambda file: _replaced(name, file[name][()].astype(np.float64))(file)


def _without(name):
    return lambda file: file.__delitem__(name)


def _settings(**values):
    def change(file):
        attributes = file["network"].attrs
        attributes["settings"] = json.dumps({**json.loads(attributes["settings"]), **values})

    return change


WEIGHTS = ["table", "network/conv.weight", "network/conv.bias", "network/output.weight", "network/output.bias"]
MATRICES = ["table", "network/conv.weight", "network/output.weight"]
MISFITS = {
    **{f"{name} with a row more": _one_row_more(name) for name in WEIGHTS},
    **{f"{name} with a row less": _one_row_less(name) for name in WEIGHTS},
    **{f"{name} in float64": _double(name) for name in WEIGHTS},
    **{f"{name} in another order": _transposed(name) for name in MATRICES},
    **{f"{name} flat": _flat(name) for name in MATRICES},
    **{f"{name} left out": _without(name) for name in WEIGHTS},
    "a weight that is not known": lambda file: file.__setitem__("network/more", np.zeros(3, np.float32)),
    "one label": _replaced("labels", np.frombuffer(b"light\n", np.uint8)),
    "three labels": _replaced("labels", np.frombuffer(b"light\nmusic\nmore\n", np.uint8)),
    "few words": _replaced("vocabulary", np.frombuffer(b"the\na\n", np.uint8)),
    "other dim": _settings(dim=5),
    "other filters": _settings(filters=6),
    "other classes": _settings(classes=3),
    "other widths": _settings(widths=[3, 4]),
    "widths in words": _settings(widths="345"),
    "widths not whole": _settings(widths=[3.5, 4, 4.5]),
    "dim in words": _settings(dim="4"),
    "a setting that is not known": _settings(depth=1),
}


@pytest.mark.parametrize("misfit", MISFITS)
def test_weights_that_do_not_fit_together_are_refused(run_bytes, tmp_path, misfit):
    _refused(load, _edited(tmp_path, run_bytes, MISFITS[misfit]))


@pytest.mark.parametrize("widths", [[13, 0, -1], [12, 0, 0], [20, -4, -4]])
def test_filter_widths_below_one_are_refused(run_bytes, tmp_path, widths):
    """Their sum is as it was, so every shape fits; but the widest filter would read past the taps there are."""
    assert sum(widths) == 12
    _refused(load, _edited(tmp_path, run_bytes, _settings(widths=widths)))


def _attribute(name, value, place="/"):
    return lambda file: file[place].attrs.__setitem__(name, value)


def _group(name):
    def change(file):
        del file[name]
        file.create_group(name)

    return change


def _first_word(word):
    """Another first word, or (None) the second one a second time."""

    def change(file):
        words = file["vocabulary"][()].tobytes().decode().split("\n")
        words[0] = words[1] if word is None else word
        _replaced("vocabulary", np.frombuffer("\n".join(words).encode(), np.uint8))(file)

    return change


UNSOUND_RUNS = {
    "no schema": lambda file: file.attrs.__delitem__("schema"),
    "no version": lambda file: file.attrs.__delitem__("schema_version"),
    "version in words": _attribute("schema_version", "one"),
    "unknown network": _attribute("name", "rnn", "network"),
    "no network name": lambda file: file["network"].attrs.__delitem__("name"),
    "network settings no JSON": _attribute("settings", "{", "network"),
    "network settings a list": _attribute("settings", "[1]", "network"),
    "tokenizer no JSON": _attribute("tokenizer", "{"),
    "tokenizer a list": _attribute("tokenizer", "[]"),
    "tokenizer with a setting that is not known": _attribute("tokenizer", '{"stem": true}'),
    "about no JSON": _replaced("about", "{"),
    "about a number": _replaced("about", 5),
    "labels not UTF-8": _replaced("labels", np.frombuffer(b"li\xffht\nmusic\n", np.uint8)),
    "a word twice": _first_word(None),
    "<unk> among the words": _first_word("<unk>"),
    **{f"{name} a group": _group(name) for name in ["labels", "vocabulary", "table", "about", "network/conv.bias"]},
    "network a dataset": _replaced("network", np.zeros(3, np.float32)),
    **{f"{name} left out": _without(name) for name in ["labels", "vocabulary", "about", "network"]},
}


@pytest.mark.parametrize("fault", UNSOUND_RUNS)
def test_run_files_that_do_not_hold_what_they_should_are_refused(run_bytes, tmp_path, fault):
    _refused(load, _edited(tmp_path, run_bytes, UNSOUND_RUNS[fault]))


UNSOUND_VECTORS = {
    "a word less": _replaced("words", np.frombuffer("".join(f"w{i}\n" for i in range(29)).encode(), np.uint8)),
    "a word more": _replaced("words", np.frombuffer("".join(f"w{i}\n" for i in range(31)).encode(), np.uint8)),
    "words not UTF-8": _replaced("words", np.frombuffer(b"\xff\n" * 30, np.uint8)),
    "values flat": _replaced("values", np.zeros(30, np.int8)),
    "values in int16": _replaced("values", np.zeros((30, 6), np.int16)),
    "too few values": _replaced("values", np.zeros((29, 6), np.int8)),
    "scales too few": _replaced("scales", np.zeros(29, np.float32)),
    "scales of two dimensions": _replaced("scales", np.zeros((30, 1), np.float32)),
    "about no JSON": _replaced("about", "{"),
    **{f"{name} a group": _group(name) for name in ["words", "values", "scales", "about"]},
    **{f"{name} left out": _without(name) for name in ["words", "values", "scales", "about"]},
}


@pytest.mark.parametrize("fault", UNSOUND_VECTORS)
def test_vector_files_that_do_not_hold_what_they_should_are_refused(vector_bytes, tmp_path, fault):
    _refused(vectors_summary, _edited(tmp_path, vector_bytes, UNSOUND_VECTORS[fault]))


# ---- whole or not at all ----


@pytest.mark.parametrize("error", [OSError("disk"), ValueError("made up"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("old", [None, b"as it was"])
def test_an_interrupted_write_leaves_everything_as_it_was(tmp_path, old, error):
    path = tmp_path / "file"
    if old is not None:
        path.write_bytes(old)
    before = _files(tmp_path)
    with pytest.raises(type(error)), whole_file(path) as temporary:
        Path(temporary).write_bytes(b"half of")
        assert Path(temporary).parent == tmp_path
        raise error
    assert _files(tmp_path) == before


def test_a_finished_write_replaces_the_old_file_and_leaves_nothing_else(tmp_path):
    path = _file(tmp_path, b"old")
    with whole_file(path) as temporary:
        Path(temporary).write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert _files(tmp_path) == {"file.h5": b"new"}


@pytest.mark.parametrize("error", [UserError("line 5001"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("good_rows", [0, 10, BLOCK_ROWS + 10])
@pytest.mark.parametrize("old", [None, b"as it was"])
def test_vectors_whose_source_fails_leave_everything_as_it_was(tmp_path, old, good_rows, error):
    def rows():
        yield from zip(*_rows(good_rows), strict=True)
        raise error

    path = tmp_path / "vectors.h5"
    if old is not None:
        path.write_bytes(old)
    before = _files(tmp_path)
    with pytest.raises(type(error)):
        write_vectors(path, rows(), 6, "int8", {})
    assert _files(tmp_path) == before


@pytest.mark.parametrize(
    ("rows", "dtype"), [([], "float32"), ([("big", np.full(6, 1e5, np.float32))], "float16")], ids=["none", "too large"]
)
def test_vectors_that_cannot_be_stored_leave_nothing(tmp_path, rows, dtype):
    with pytest.raises(UserError):
        write_vectors(tmp_path / "vectors.h5", rows, 6, dtype, {})
    assert _files(tmp_path) == {}


def test_a_run_that_cannot_be_stored_leaves_everything_as_it_was(model, tmp_path):
    path = _file(tmp_path, b"as it was")
    with pytest.raises(TypeError):
        save_run(path, replace(model, about={"set": {1}}))
    assert _files(tmp_path) == {"file.h5": b"as it was"}


FULL_DISK = """
import resource, sys
import numpy as np
from embdistill import UserError
from embdistill.data.vectors.hdf5_file import write_vectors
from embdistill.model.run_file import load_run, save_run

kind, source, target = sys.argv[1:]
model = load_run(source)
values = np.random.default_rng(0).normal(size=(9000, 50)).astype(np.float32)
rows = ((f"word{i}", row) for i, row in enumerate(values))
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
try:
    if kind == "run":
        save_run(target, model)
    else:
        write_vectors(target, rows, 50, "float32", {})
except UserError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files as Linux does")
@pytest.mark.parametrize("kind", ["run", "vectors"])
def test_a_full_disk_is_one_line_and_leaves_everything_as_it_was(run_bytes, tmp_path, kind):
    """A limit on the size of files stands for the full disk: to the writer both are an error of write()."""
    source = _file(tmp_path, run_bytes, "source.h5")
    target = _file(tmp_path, b"as it was", "target.h5")
    command = [sys.executable, "-c", FULL_DISK, kind, source, target]
    finished = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert _files(tmp_path) == {"source.h5": run_bytes, "target.h5": b"as it was"}
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.startswith(f"{target}: cannot be written (File too large)")
    assert finished.stdout.count("\n") == 1


# ---- places ----


def _places(folder):
    """Places where no file can be written, with what is said of them."""
    (folder / "folder").mkdir()
    (folder / "file").write_bytes(b"")
    yield folder / "missing" / "run.h5", "does not exist"
    yield folder / "file" / "run.h5", "does not exist"
    yield folder / "folder", "is a folder"
    yield folder / ("x" * 300), "the name is too long"
    if Path("/proc").is_dir():
        yield Path("/proc/run.h5"), "cannot be written"


def test_places_that_cannot_be_written_are_a_user_error_at_once(model, tmp_path):
    def never():
        raise AssertionError("the rows were asked for")
        yield

    for path, problem in _places(tmp_path):
        for write in (
            check_writable,
            lambda path: save_run(path, model),
            lambda path: write_vectors(path, never(), 6, "int8", {}),
        ):
            with pytest.raises(UserError) as caught:
                write(path)
            assert str(caught.value).startswith(f"{path}: ") and problem in str(caught.value)
            assert "\n" not in str(caught.value)
    assert {path.name for path in tmp_path.iterdir()} == {"folder", "file"}
    assert list((tmp_path / "folder").iterdir()) == []


def test_a_folder_without_permission_is_a_user_error(model, tmp_path):
    tmp_path.chmod(0o555)
    try:
        if os.access(tmp_path, os.W_OK):
            pytest.skip("root may write anywhere")
        with pytest.raises(UserError, match="cannot be written"):
            save_run(tmp_path / "run.h5", model)
    finally:
        tmp_path.chmod(0o755)


def test_a_place_that_is_found_writable_can_be_written_however_long_its_name(model, tmp_path):
    """The longest name of a file is 255 bytes: what is written beside it needs some of them."""
    for length in (100, 240, 250, 255):
        path = tmp_path / ("x" * length)
        try:
            check_writable(path)
        except UserError as error:
            assert "too long" in str(error)
            continue
        save_run(path, model)
        assert load(path).digest() == model.digest()


def test_asking_whether_a_place_is_writable_writes_nothing(tmp_path):
    path = _file(tmp_path, b"as it was")
    assert check_writable(str(path)) == path
    assert check_writable(tmp_path / "new.h5") == tmp_path / "new.h5"
    assert _files(tmp_path) == {"file.h5": b"as it was"}


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664), (0o027, 0o640)])
def test_file_permissions_follow_the_umask(model, tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        save_run(tmp_path / "run.h5", model)
        write_vectors(tmp_path / "vectors.h5", zip(*_rows(3), strict=True), 6, "float32", {})
        assert os.umask(umask) == umask  # left as it was
    finally:
        os.umask(before)
    for name in ("run.h5", "vectors.h5"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == mode
