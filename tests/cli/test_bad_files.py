"""Files that are missing, damaged or of the wrong kind, and places that cannot be written: one line names them."""

import json
import os

import h5py
import numpy as np
import pytest

from cli_helpers import SMALL, TRAIN
from embdistill.cli import main
from embdistill.storage import userblock
from embdistill.storage.arrays import save_arrays
from embdistill.storage.hdf5 import SCHEMA_VERSION

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # a warning would be one line more


def test_the_files_that_the_mistakes_are_made_with_are_sound(works, here):
    """Without this, a mistake could pass for another."""
    works(*TRAIN, *SMALL, "--dev", "texts.txt", "--test", "texts.txt", "--vocab", "texts.txt", "--out", "new.h5")
    works(*TRAIN[:-1], "vectors.h5", *SMALL, "--out", "new.h5")
    works("evaluate", "new.h5", "--data", "texts.txt")
    works("vectors", "import", "vectors.txt", "--out", "new.h5")


# ---- files that are not there ----

ALL_FILES = {
    "data": ["train", "--data", "FILE", "--vectors", "vectors.txt"],
    "dev": [*TRAIN, "--dev", "FILE"],
    "test": [*TRAIN, "--test", "FILE"],
    "vectors": ["train", "--data", "texts.txt", "--vectors", "FILE"],
    "vocab": [*TRAIN, "--vocab", "FILE"],
    "predict": ["predict", "FILE"],
    "predict --input": ["predict", "run.h5", "--input", "FILE"],
    "evaluate": ["evaluate", "FILE", "--data", "texts.txt"],
    "evaluate --data": ["evaluate", "run.h5", "--data", "FILE"],
    "info": ["info", "FILE"],
    "verify": ["verify", "FILE"],
    "vectors import": ["vectors", "import", "FILE", "--out", "new.h5"],
    "vectors import --vocab": ["vectors", "import", "vectors.txt", "--out", "new.h5", "--vocab", "FILE"],
    "vectors info": ["vectors", "info", "FILE"],
    "vectors neighbors": ["vectors", "neighbors", "FILE", "the"],
}


def _with(words, name):
    return [name if word == "FILE" else word for word in words]


@pytest.mark.parametrize("command", ALL_FILES)
def test_a_missing_file_is_named(fails, command):
    assert fails(*_with(ALL_FILES[command], "none.txt")).startswith("none.txt: cannot be read (No such file")


@pytest.mark.parametrize("command", ALL_FILES)
def test_a_folder_in_place_of_a_file_is_named(fails, command):
    assert fails(*_with(ALL_FILES[command], "folder")).startswith("folder: cannot be read (Is a directory)")


@pytest.mark.parametrize("command", ALL_FILES)
def test_a_file_without_permission_is_named(fails, here, command):
    secret = here / "secret.txt"
    secret.write_bytes(b"")
    secret.chmod(0)
    if os.access(secret, os.R_OK):
        pytest.skip("root may read anything")
    assert fails(*_with(ALL_FILES[command], "secret.txt")).startswith("secret.txt: cannot be read (Permission denied)")


def test_half_of_a_pair_is_named(fails, here):
    (here / "reviews.pos").write_text("good\n")
    assert fails("train", "--data", "reviews.pos", "--vectors", "vectors.txt").startswith("reviews.neg: ")


# ---- labelled texts ----


@pytest.mark.parametrize("option", ["data", "dev", "test"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.txt", b""),
        ("empty.csv", b""),
        ("blank.txt", b"\n\r\n \n"),
        ("header.csv", b"text,label\n"),
        ("mark.jsonl", b"\xef\xbb\xbf"),
    ],
)
def test_an_empty_corpus_is_named(fails, here, option, name, content):
    (here / name).write_bytes(content)
    assert fails(*TRAIN, f"--{option}", name).startswith(f"{name}: no examples in it")


@pytest.mark.parametrize("command", [["train", "--vectors", "vectors.txt"], ["evaluate", "run.h5"]], ids=" ".join)
def test_a_corpus_without_any_text_is_named(fails, here, command):
    (here / "empty.txt").write_bytes(b"")
    assert fails(*command, "--data", "empty.txt").startswith("empty.txt: no examples in it")


@pytest.mark.parametrize("part", ["dev", "test"])
def test_a_class_that_training_lacks_is_named_with_its_line(fails, here, part):
    (here / "part.txt").write_text("__label__light it is dark\n__label__music play\n\n__label__heating it is cold\n")
    problem = fails(*TRAIN, f"--{part}", "part.txt")
    assert problem.startswith("part.txt:4: class 'heating' is not in texts.txt")


def test_a_class_that_the_model_lacks_is_named_with_its_line(fails, here):
    (here / "part.txt").write_text("__label__light it is dark\n__label__heating it is cold\n")
    assert fails("evaluate", "run.h5", "--data", "part.txt").startswith("part.txt:2: class 'heating'")


def test_one_class_only_is_named(fails, here):
    (here / "one.txt").write_text("__label__light it is dark\n" * 20)
    assert fails("train", "--data", "one.txt", "--vectors", "vectors.txt").startswith(
        "one.txt: only one class, 'light'"
    )


def test_a_line_that_does_not_fit_the_format_is_named(fails, here):
    (here / "bad.txt").write_text("__label__light it is dark\n__label__music play\nit is cold\n")
    assert fails("train", "--data", "bad.txt", "--vectors", "vectors.txt").startswith("bad.txt:3: ")


def test_a_format_that_cannot_be_told_is_named(fails, here):
    (here / "plain.txt").write_text("it is cold\n")
    assert fails("train", "--data", "plain.txt", "--vectors", "vectors.txt").startswith("plain.txt:1: ")


@pytest.mark.parametrize("label", ["two\nlines", "tab\tbed"])
def test_a_label_that_would_not_fit_on_a_line_of_predict_is_named(fails, here, label):
    """predict prints `label TAB probability`, a text a line."""
    examples = [{"text": "it is dark", "label": "light"}, {"text": "play", "label": label}] * 10
    (here / "odd.jsonl").write_text("".join(json.dumps(example) + "\n" for example in examples))
    assert fails("train", "--data", "odd.jsonl", "--vectors", "vectors.txt", *SMALL).startswith("odd.jsonl:2: ")


# ---- where the output goes ----


@pytest.mark.parametrize(
    "command", [[*TRAIN, *SMALL], ["vectors", "import", "vectors.txt"], ["train"]], ids=["train", "import", "demo"]
)
@pytest.mark.parametrize(
    ("out", "problem"),
    [
        ("missing/run.h5", "missing/run.h5: the folder missing does not exist"),
        ("folder", "folder: is a folder"),
        (".", ".: is a folder"),
        ("texts.txt/run.h5", "texts.txt/run.h5: "),
        ("x" * 300, "x" * 300 + ": "),
    ],
    ids=["missing folder", "folder", "this folder", "under a file", "too long"],
)
def test_a_place_that_cannot_be_written_is_named_before_any_work(fails, command, out, problem):
    assert fails(*command, "--out", out).startswith(problem)


def test_a_name_with_no_room_for_what_is_written_beside_it_is_named(fails, works, here):
    """A file's name has at most 255 bytes; the temporary file and the checkpoint have longer ones than the output."""
    for length in (240, 250, 255):
        name = "x" * length
        try:
            code = main([*TRAIN, *SMALL, "--out", name])
        except OSError as error:
            pytest.fail(f"{length} bytes: {error.strerror}, after the training")
        if code == 0:
            assert (here / name).is_file()
            (here / name).unlink()
        else:
            assert fails(*TRAIN, *SMALL, "--out", name).startswith(f"{name}: ")


@pytest.mark.parametrize("out", ["texts.txt", "vectors.txt", "./texts.txt"])
def test_an_input_is_not_overwritten(fails, here, out):
    assert fails(*TRAIN, "--out", out).endswith("is read and would be overwritten; choose another name for --out")


def test_a_vector_file_is_not_imported_onto_itself(fails, here):
    assert fails("vectors", "import", "vectors.h5", "--out", "vectors.h5").endswith("choose another name for --out")


# ---- model files ----


def _newer(path):
    with h5py.File(path, "r+") as file:
        file.attrs["schema_version"] = SCHEMA_VERSION + 1
    userblock.seal(path)


def _cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def _altered(path):
    content = bytearray(path.read_bytes())
    content[3 * len(content) // 4] ^= 1
    path.write_bytes(content)


def _emptied(path):
    path.write_bytes(b"")


def _text(path):
    path.write_text("not a model\n")


def _no_hdf5(path):
    path.write_bytes(bytes(userblock.SIZE) + b"not HDF5" * 100)
    userblock.seal(path)


def _other_weights(path):
    with h5py.File(path, "r+") as file:
        table = file["table"][:-1]
        del file["table"]
        file["table"] = table
    userblock.seal(path)


READERS = {
    "predict": ["predict", "run.h5", "--input", "texts.txt"],
    "evaluate": ["evaluate", "run.h5", "--data", "texts.txt"],
    "info": ["info", "run.h5"],
    "verify": ["verify", "run.h5"],
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_cut, "checksum"),
        (_altered, "checksum"),
        (_emptied, "not a file of embdistill"),
        (_text, "not a file of embdistill"),
        (_newer, f"newer than {SCHEMA_VERSION}"),
        (_no_hdf5, "not a sound"),
        (_other_weights, "the shapes of the weights do not fit together"),
    ],
    ids=["truncated", "altered", "empty", "text", "newer schema", "not HDF5", "other weights"],
)
def test_a_run_file_that_is_not_sound_is_named(fails, here, reader, spoil, said):
    spoil(here / "run.h5")
    problem = fails(*READERS[reader])
    assert problem.startswith("run.h5: ") and said in problem


@pytest.mark.parametrize("reader", ["predict", "evaluate"])
def test_vectors_in_place_of_a_model_are_named(fails, reader):
    words = ["vectors.h5" if word == "run.h5" else word for word in READERS[reader]]
    assert fails(*words).startswith("vectors.h5: a vectors file, not a run file")


@pytest.mark.parametrize("schema", ["checkpoint", "teacher"])
def test_verify_names_the_schema_and_refuses_a_damaged_file(fails, works, here, schema):
    save_arrays(here / "arrays.h5", schema, {"group": {"array": np.arange(100)}}, {})
    assert works("verify", "arrays.h5") == f"arrays.h5: sound {schema} file\n"
    _altered(here / "arrays.h5")
    assert fails("verify", "arrays.h5").startswith("arrays.h5: damaged")


def test_a_damaged_vector_file_does_not_pass_verify(fails, works, here):
    assert works("verify", "vectors.h5") == "vectors.h5: sound vectors file\n"
    _altered(here / "vectors.h5")
    assert fails("verify", "vectors.h5").startswith("vectors.h5: damaged")


# ---- odd words to train on: none of them is a mistake ----


def test_the_name_of_the_unknown_word_may_stand_in_corpus_and_vectors(works, here):
    """Language-model corpora and vectors trained with GloVe have a word `<unk>`."""
    texts = (here / "texts.txt").read_text().replace("word0", "<unk>")
    (here / "unk.txt").write_text(texts)
    (here / "unk.vec").write_text((here / "vectors.txt").read_text() + "<unk> 1 2 3 4 5 6 7 8\n")
    command = ["train", "--data", "unk.txt", "--vectors", "unk.vec", "--split", "whitespace", *SMALL]
    works(*command, "--out", "new.h5")
    works("verify", "new.h5")


def test_texts_without_words_are_trained_on(works, here):
    (here / "odd.txt").write_bytes((here / "texts.txt").read_bytes() + b"__label__light\n__label__music \xff\xfe\n")
    works("train", "--data", "odd.txt", "--vectors", "vectors.txt", *SMALL, "--out", "new.h5")
    works("verify", "new.h5")
