"""Whatever a user gets wrong ends in one line on standard error and exit code 2, and leaves no file behind."""

import gzip
import io
import json
import os
import subprocess
import sys

import h5py
import numpy as np
import pytest

from embdistill.cli import main
from embdistill.data.dataset import prepare
from embdistill.data.vectors import load_vectors, open_vectors
from embdistill.data.vectors.hdf5_file import write_vectors
from embdistill.model.config import Config
from embdistill.storage import userblock
from embdistill.storage.hdf5 import SCHEMA_VERSION
from embdistill.training.experiment import run

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # a warning would be one line more

SMALL = ["--dim", "4", "--filters", "5", "--epochs", "2"]
TRAIN = ["train", "--data", "texts.txt", "--vectors", "vectors.txt"]


@pytest.fixture(scope="module")
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


def _files(folder):
    """What is in a folder; the content of each file that can be read."""
    readable = {path: path.is_file() and os.access(path, os.R_OK) for path in folder.rglob("*")}
    return {path.relative_to(folder): path.read_bytes() if readable[path] else None for path in readable}


@pytest.fixture
def fails(here, capsys):
    """Run a command line that must fail as a mistake of the user does; gives what is said, without `embdistill: `.

    late: the mistake is only found in the course of the work, of which other lines may tell before.
    """

    def fails(*words, late=False):
        before = _files(here)
        capsys.readouterr()
        try:
            code = main([str(word) for word in words])
        except SystemExit as end:  # of Fire
            code = end.code
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
        assert _files(here) == before
        return lines[-1].removeprefix("embdistill: ")

    return fails


@pytest.fixture
def works(here, capsys):
    """Run a command line that must succeed; gives its standard output."""

    def works(*words):
        capsys.readouterr()
        code = main([str(word) for word in words])
        output, errors = capsys.readouterr()
        assert code == 0, errors
        return output

    return works


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


# ---- vectors ----

GOOD = "0.5 0.25 -0.5 1 2 3 4"  # and one more
BAD_LINES = {
    "too few values": f"lamp {GOOD}",
    "too many values": f"lamp {GOOD} 5 6",
    "no values": "lamp",
    "no number": f"lamp {GOOD} 5x",
    "NaN": f"lamp {GOOD} nan",
    "infinity": f"lamp {GOOD} inf",
    "minus infinity": f"lamp -Infinity {GOOD}",
    "too large": f"lamp {GOOD} 1e39",
}


@pytest.fixture(params=["plain", "header", "gzip"])
def bad_vectors(request, here):
    """Writes the vectors with another line for `lamp`; gives the name of the file and the number of the line."""

    def write(line):
        lines = (here / "vectors.txt").read_text().splitlines()
        at = next(i for i, old in enumerate(lines) if old.startswith("lamp "))
        lines[at] = line
        if request.param == "header":
            lines.insert(0, f"{len(lines)} 8")
        content = ("\n".join(lines) + "\n").encode()
        (here / "bad.txt").write_bytes(gzip.compress(content) if request.param == "gzip" else content)
        return "bad.txt", at + 1 + (request.param == "header")

    return write


@pytest.mark.parametrize("bad", BAD_LINES)
def test_a_bad_line_of_vectors_is_named(fails, bad_vectors, bad):
    name, number = bad_vectors(BAD_LINES[bad])
    for command in (
        ["train", "--data", "texts.txt", "--vectors", name],
        ["vectors", "info", name],
        ["vectors", "import", name, "--out", "new.h5"],
        ["vectors", "neighbors", name, "the"],
    ):
        assert fails(*command).startswith(f"{name}:{number}: ")


def test_a_bad_record_of_binary_vectors_is_named(fails, here):
    words, values = load_vectors(open_vectors("vectors.txt"))
    values[words.index("lamp"), 3] = np.nan
    records = (word.encode() + b" " + row.tobytes() + b"\n" for word, row in zip(words, values, strict=True))
    (here / "bad.bin").write_bytes(b"%d 8\n" % len(words) + b"".join(records))
    problem = fails("train", "--data", "texts.txt", "--vectors", "bad.bin")
    assert problem.startswith(f"bad.bin: record {words.index('lamp') + 1} ")


def test_vectors_without_a_word_of_the_corpus_are_named(fails, here):
    (here / "other.txt").write_text("lumière 1 2 3\nmusique 4 5 6\n")
    assert fails("train", "--data", "texts.txt", "--vectors", "other.txt").startswith("other.txt: has no word of the")
    problem = fails("train", "--data", "texts.txt", "--vectors", "other.txt", "--vocab", "other.txt")
    assert problem.startswith("other.txt: has no word of the corpus")


@pytest.mark.parametrize("content", [b"", gzip.compress(b""), b"\n"], ids=["plain", "gzip", "blank"])
def test_empty_vectors_are_named(fails, here, content):
    (here / "empty.vec").write_bytes(content)
    assert fails("train", "--data", "texts.txt", "--vectors", "empty.vec").startswith("empty.vec:")


@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.99])
def test_a_truncated_gzip_file_is_named(fails, here, share):
    packed = gzip.compress((here / "vectors.txt").read_bytes())
    (here / "cut.gz").write_bytes(packed[: int(len(packed) * share)])
    for command in (
        ["train", "--data", "texts.txt", "--vectors", "cut.gz"],
        ["vectors", "import", "cut.gz", "--out", "new.h5"],
    ):
        problem = fails(*command)
        assert problem.startswith("cut.gz:") and "cut off" in problem


def test_vectors_that_are_damaged_or_of_another_kind_are_named(fails, here):
    content = (here / "vectors.h5").read_bytes()
    (here / "cut.h5").write_bytes(content[:-1])
    for name in ("cut.h5", "run.h5"):
        for command in (
            ["train", "--data", "texts.txt", "--vectors", name],
            ["vectors", "import", name, "--out", "new.h5"],
            ["vectors", "info", name],
            ["vectors", "neighbors", name, "the"],
        ):
            assert fails(*command).startswith(f"{name}: ")


def test_neighbors_of_a_word_without_vector_are_refused(fails):
    assert "'The'" in fails("vectors", "neighbors", "vectors.txt", "The")


def test_an_import_of_no_word_writes_nothing(fails, here):
    (here / "words.txt").write_text("lumière\n")
    assert fails("vectors", "import", "vectors.txt", "--vocab", "words.txt", "--out", "new.h5").startswith("new.h5: ")


def test_an_import_into_a_dtype_too_small_writes_nothing(fails, here):
    (here / "large.txt").write_text("lamp 1e6 1\nlight 1 2\n")
    assert "float16" in fails("vectors", "import", "large.txt", "--dtype", "float16", "--out", "new.h5")


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


def test_a_damaged_vector_file_does_not_pass_verify(fails, works, here):
    assert works("verify", "vectors.h5") == "vectors.h5: sound vectors file\n"
    _altered(here / "vectors.h5")
    assert fails("verify", "vectors.h5").startswith("vectors.h5: damaged")


# ---- commands, options and arguments ----


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["trian"], "unknown command trian; did you mean train?"),
        (["Predict", "run.h5"], "unknown command Predict; did you mean predict?"),
        (["frobnicate"], "unknown command frobnicate"),
        (["vectors", "improt", "vectors.txt"], "unknown command vectors improt; did you mean import?"),
        ([*TRAIN, "--method", "encod"], "--method encod: 'encod' is none of large, large-frozen, direct, pca"),
        ([*TRAIN, "--method", "encod"], "; did you mean encode?"),
        ([*TRAIN, "--network", "cn"], "--network cn: must be one of mean, cnn, lstm; did you mean cnn?"),
        ([*TRAIN, "--network", "transformer"], "--network transformer: must be one of mean, cnn, lstm"),
        (
            [*TRAIN, "--split", "englisch"],
            "--split englisch: must be one of english, whitespace; did you mean english?",
        ),
        ([*TRAIN, "--epoch", "3"], "unknown option --epoch of train; did you mean --epochs?"),
        ([*TRAIN, "--vektors=x"], "unknown option --vektors of train; did you mean --vectors?"),
        ([*TRAIN, "--frobnicate", "3"], "unknown option --frobnicate of train"),
        (["predict", "run.h5", "--inptu", "x"], "unknown option --inptu of predict; did you mean --input?"),
        (["evaluate", "run.h5", "--dim", "3"], "unknown option --dim of evaluate"),
        (["vectors", "import", "vectors.txt", "--dtpe", "x"], "unknown option --dtpe of vectors import; did you mean"),
        ([*TRAIN, "--format", "fastext"], "unknown format 'fastext'"),
        (["vectors", "import", "vectors.txt", "--out", "new.h5", "--dtype", "int9"], "--dtype int9: must be one of"),
        (["vectors", "neighbors", "vectors.txt", "the", "--count", "0"], "--count 0: must be"),
        (["vectors", "neighbors", "vectors.txt", "the", "--count", "²"], "--count ²: must be"),
        ([*TRAIN, "--threads", "0"], "--threads 0: must be"),
        ([*TRAIN, "--threads", "two"], "--threads two: must be"),
        ([*TRAIN, "--threads", "²"], "--threads ²: must be"),
    ],
)
def test_an_unknown_word_is_named_and_the_nearest_known_one(fails, words, said):
    assert said in fails(*words)


@pytest.mark.parametrize("words", [["--frobnicate"], ["-x"], ["vectors", "--frobnicate"], ["--dim", "4"]])
def test_an_option_without_a_command_ends_in_one_line(fails, words):
    fails(*words)


@pytest.mark.parametrize("name", ["dim", "epochs", "patience", "batch", "filters", "hidden"])
@pytest.mark.parametrize(
    "value", ["0", "-1", "many", "3.5", "nan", "1e3", "", " ", "4 5", "true", "None", "[4]", "0x4"]
)
def test_a_count_that_is_no_whole_number_from_one_on_is_named(fails, name, value):
    assert fails(*TRAIN, f"--{name}={value}").startswith(f"--{name}")


@pytest.mark.parametrize("name", ["dim", "epochs"])
def test_a_negative_count_is_named(fails, name):
    assert fails(*TRAIN, f"--{name}", "-1").startswith(f"--{name}")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("seed", ["-1", "x", "0.5", str(2**63)]),
        ("rate", ["0", "-1", "nan", "inf", "fast", "true"]),
        ("dropout", ["1", "-0.1", "nan", "half"]),
        ("widths", ["0", "3,0", "3,-1", "3,x", "3,,4", "3.5", ""]),
        ("lowercase", ["maybe", "2", ""]),
    ],
)
def test_a_setting_out_of_range_is_named(fails, name, values):
    for value in values:
        assert fails(*TRAIN, f"--{name}={value}").startswith(f"--{name}")


@pytest.mark.parametrize("option", [["--dim", "1000000000000"], ["--method", "direct", "--dim", "1000000000000"]])
def test_a_size_that_no_memory_holds_ends_in_one_line(fails, option):
    fails(*TRAIN, *option, late=True)


@pytest.mark.parametrize(
    "words",
    [
        [*TRAIN, "--out"],
        [*TRAIN, "--dim"],
        [*TRAIN, "--dim", "--epochs", "2"],
        ["train", "--data", "--vectors", "vectors.txt"],
        ["predict", "run.h5", "--input"],
        ["evaluate", "run.h5", "--data"],
        ["vectors", "import", "vectors.txt", "--out"],
    ],
    ids=" ".join,
)
def test_an_option_without_value_is_named(fails, words):
    assert fails(*words).endswith(" needs a value")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*TRAIN, "extra.txt"], "train: what is 'extra.txt'?"),
        (["train", "texts.txt"], "train: what is 'texts.txt'?"),
        (["predict", "run.h5", "texts.txt"], "predict: what is 'texts.txt'?"),
        (["info", "run.h5", "run.h5"], "info: what is 'run.h5'?"),
        (["vectors", "info", "vectors.txt", "the"], "vectors info: what is 'the'?"),
        (["predict"], "predict needs MODEL"),
        (["evaluate"], "evaluate needs MODEL"),
        (["evaluate", "--data", "texts.txt"], "evaluate needs MODEL"),
        (["evaluate", "run.h5"], "--data is missing"),
        (["info"], "info needs FILE"),
        (["verify"], "verify needs FILE"),
        (["train", "--data", "texts.txt"], "--vectors is missing"),
        (["train", "--vectors", "vectors.txt"], "--vectors needs --data"),
        (["train", "--dev", "texts.txt"], "--dev needs --data"),
        (["train", "--resume"], "--resume needs --data"),
        (["vectors", "import"], "vectors import needs SRC"),
        (["vectors", "import", "vectors.txt"], "--out is missing"),
        (["vectors", "info"], "vectors info needs FILE"),
        (["vectors", "neighbors", "vectors.txt"], "vectors neighbors needs FILE WORD"),
    ],
)
def test_too_many_and_too_few_arguments_are_named(fails, words, said):
    assert fails(*words).startswith(said)


@pytest.mark.parametrize("switch", ["json", "resume"])
def test_a_switch_is_not_on_by_whatever_value(works, fails, here, switch):
    output = works(*TRAIN, *SMALL, f"--{switch}=false", "--out", "new.h5")
    assert output.endswith("saved: new.h5\n")
    assert fails(*TRAIN, *SMALL, f"--{switch}=perhaps").startswith(f"--{switch}")


# ---- as another process sees it ----


def _process(folder, *words, **more):
    return subprocess.run([sys.executable, "-m", "embdistill", *words], cwd=folder, capture_output=True, **more)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*TRAIN, "--epoch", "3"], b"embdistill: unknown option --epoch of train; did you mean --epochs?\n"),
        ([*TRAIN[:-1], "none.txt"], b"embdistill: none.txt: cannot be read (No such file or directory)"),
        ([*TRAIN[:-1], "large.txt"], b"embdistill: large.txt:2: "),
        (["predict", "cut.h5"], b"embdistill: cut.h5: damaged"),
    ],
    ids=["option", "missing file", "too large a value", "truncated run"],
)
def test_a_process_ends_with_one_line_and_code_2(here, words, said):
    (here / "large.txt").write_text("the 1 2\nlamp 1 1e39\n")
    (here / "cut.h5").write_bytes((here / "run.h5").read_bytes()[:-1])
    before = _files(here)
    finished = _process(here, *words, input=b"turn the lamp on\n")
    assert finished.stderr.startswith(said)
    assert finished.stderr.count(b"\n") == 1 and finished.stderr.endswith(b"\n")
    assert (finished.returncode, finished.stdout) == (2, b"")
    assert _files(here) == before


# ---- texts to predict: none of them is a mistake ----

ODD_TEXTS = {
    "no known word": b"zzz qqq",
    "empty": b"",
    "blank": b" \t ",
    "invalid UTF-8": b"turn \xff\xfe the lamp \xc3",
    "only invalid UTF-8": b"\xff",
    "NUL": b"\0",
    "separators of Unicode": "a\u2028b\x85c\x0bd\x0ce\x1cf".encode(),
    "a return inside": b"turn\rthe lamp",
    "CRLF": b"turn the lamp on\r",
    "emoji": "💡".encode(),
    "very long": b"lamp " * 20_000,
    "one very long word": b"x" * 100_000,
}


def _predictions(output):
    """(label, probability) of each line of predict."""
    lines = output.split("\n")
    assert lines.pop() == ""
    fields = [line.split("\t") for line in lines]
    assert {len(field) for field in fields} <= {2}
    assert all(label in ("light", "music") and 0.5 <= float(probability) <= 1 for label, probability in fields)
    return fields


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_every_text_gets_a_prediction(works, here, text):
    (here / "input.txt").write_bytes(b"play that song\n" + ODD_TEXTS[text] + b"\nplay that song\n")
    found = _predictions(works("predict", "run.h5", "--input", "input.txt"))
    assert len(found) == 3
    assert found[0][0] == found[2][0]
    assert float(found[0][1]) == pytest.approx(float(found[2][1]), abs=2e-6)  # BLAS sums up each row of a batch its way


def test_texts_without_any_known_word_are_predicted_alike(works, here):
    (here / "input.txt").write_bytes(b"\n \nzzz\nqqq\n")
    found = _predictions(works("predict", "run.h5", "--input", "input.txt"))
    assert found[0] == found[1]  # no word at all
    assert found[2] == found[3]  # one unknown word


def test_all_odd_texts_together_and_a_last_line_without_newline(works, here):
    (here / "input.txt").write_bytes(b"\n".join([*ODD_TEXTS.values(), b"play"]))
    assert len(_predictions(works("predict", "run.h5", "--input", "input.txt"))) == len(ODD_TEXTS) + 1


@pytest.mark.parametrize(("content", "lines"), [(b"", 0), (b"\n", 1), (b"\n\n", 2), (b"lamp", 1), (b"\r\n" * 3, 3)])
def test_one_line_comes_out_for_each_line_that_goes_in(works, here, content, lines):
    (here / "input.txt").write_bytes(content)
    assert len(_predictions(works("predict", "run.h5", "--input", "input.txt"))) == lines


def test_more_lines_than_are_predicted_at_a_time(works, here):
    (here / "input.txt").write_bytes(b"lamp\n\nzzz\n" * 300)
    found = _predictions(works("predict", "run.h5", "--input", "input.txt"))
    assert len(found) == 900
    assert found == found[:3] * 300


def test_json_has_the_probability_of_every_class(works, here):
    (here / "input.txt").write_bytes(b"\n".join(ODD_TEXTS.values()))
    found = json.loads(works("predict", "run.h5", "--input", "input.txt", "--json"))["predictions"]
    plain = _predictions(works("predict", "run.h5", "--input", "input.txt"))
    assert [prediction["label"] for prediction in found] == [label for label, _ in plain]
    for prediction in found:
        assert prediction["probabilities"].keys() == {"light", "music"}
        assert sum(prediction["probabilities"].values()) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("input", [[], ["--input", "-"], ["--input=-"]])
def test_standard_input_is_read_in_bytes(works, monkeypatch, input):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"turn \xff on\n\nzzz"), "ascii"))
    assert len(_predictions(works("predict", "run.h5", *input))) == 3


def test_a_process_predicts_odd_texts_from_standard_input(here):
    finished = _process(here, "predict", "run.h5", input=b"\n".join([*ODD_TEXTS.values(), b"play"]))
    assert (finished.returncode, finished.stderr) == (0, b"7 of 13 texts have no word that the model knows\n")
    assert len(_predictions(finished.stdout.decode())) == len(ODD_TEXTS) + 1


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


@pytest.mark.parametrize("out", ["texts.txt", "vectors.txt", "./texts.txt"])
def test_an_input_is_not_overwritten(fails, here, out):
    assert fails(*TRAIN, "--out", out).endswith("is read and would be overwritten; choose another name for --out")


def test_a_vector_file_is_not_imported_onto_itself(fails, here):
    assert fails("vectors", "import", "vectors.h5", "--out", "vectors.h5").endswith("choose another name for --out")


def test_texts_without_known_words_are_counted(here, capsys):
    (here / "odd.txt").write_text("lamp on\nzzz qqq\n\n")
    assert main(["predict", "run.h5", "--input", "odd.txt"]) == 0
    assert capsys.readouterr().err == "2 of 3 texts have no word that the model knows\n"


def test_an_argument_may_be_given_by_its_name(works, here):
    assert works("verify", "--file", "run.h5") == works("verify", "run.h5")
