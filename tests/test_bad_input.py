"""Whatever a user gets wrong ends in one line on standard error and exit code 2, and leaves no file behind."""

import io
import json
import subprocess
import sys

import pytest

from conftest import SMALL, TRAIN, files_in
from embdistill.cli import main

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # a warning would be one line more


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
    before = files_in(here)
    finished = _process(here, *words, input=b"turn the lamp on\n")
    assert finished.stderr.startswith(said)
    assert finished.stderr.count(b"\n") == 1 and finished.stderr.endswith(b"\n")
    assert (finished.returncode, finished.stdout) == (2, b"")
    assert files_in(here) == before


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


def test_texts_without_known_words_are_counted(here, capsys):
    (here / "odd.txt").write_text("lamp on\nzzz qqq\n\n")
    assert main(["predict", "run.h5", "--input", "odd.txt"]) == 0
    assert capsys.readouterr().err == "2 of 3 texts have no word that the model knows\n"


def test_an_argument_may_be_given_by_its_name(works, here):
    assert works("verify", "--file", "run.h5") == works("verify", "run.h5")
