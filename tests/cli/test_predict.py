"""The verb predict: a line for a line, whatever the text; JSON; slow streams."""

import io
import json
import subprocess
import sys
from dataclasses import replace

import pytest

from cli_helpers import command, process
from embdistill import load
from embdistill.cli import main
from embdistill.cli.predict import plain_arguments
from embdistill.export.edm import edm_bytes

TEXTS = b"turn the lamp on\nplay a song\n\nzzz qqq\n\xff\xfe\x00\nno line end"


def test_predict_a_line_a_text(trained, tmp_path):
    stdout, _ = command("predict", trained[0], cwd=tmp_path, stdin=TEXTS)
    rows = [line.split("\t") for line in stdout.splitlines()]
    assert len(rows) == 6
    model = load(trained[0])
    probabilities = model.predict_proba(TEXTS.split(b"\n"))
    for (label, probability), expected in zip(rows, probabilities, strict=True):
        assert label == model.labels[expected.argmax()] and float(probability) == pytest.approx(
            expected.max(), abs=1e-6
        )


def test_predict_from_a_file_and_as_json(trained, tmp_path):
    (tmp_path / "texts").write_bytes(TEXTS)
    plain, _ = command("predict", trained[0], "--input", "texts", cwd=tmp_path)
    assert plain == command("predict", trained[0], cwd=tmp_path, stdin=TEXTS)[0]
    # A switch before the argument must not swallow it.
    stdout, _ = command("predict", "--json", trained[0], "--input=texts", cwd=tmp_path)
    predictions = json.loads(stdout.splitlines()[-1])["predictions"]
    assert [p["label"] for p in predictions] == [line.split("\t")[0] for line in plain.splitlines()]
    assert all(sum(p["probabilities"].values()) == pytest.approx(1, abs=1e-5) for p in predictions)


def test_predict_answers_a_slow_stream_line_by_line(trained, tmp_path):
    words = [sys.executable, "-m", "embdistill", "predict", str(trained[0])]
    with subprocess.Popen(words, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        for text in (b"turn the lamp on\n", b"play a song\n"):
            process.stdin.write(text)
            process.stdin.flush()
            assert process.stdout.readline().count(b"\t") == 1  # before the next line is sent
        process.stdin.close()


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
    """Without subwords, by which they would be told apart."""
    run = replace(load(here / "run.h5"), subwords=None)
    (here / "closed.edm").write_bytes(edm_bytes(run))
    (here / "input.txt").write_bytes(b"\n \nzzz\nqqq\n")
    found = _predictions(works("predict", "closed.edm", "--input", "input.txt"))
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


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        (["run.h5", "--input", "input.txt"], True),
        (["--json", "run.h5", "--input=input.txt"], True),
        (["--input", "input.txt", "--json", "run.h5"], True),
        (["-i", "input.txt", "run.h5"], False),
        (["--model", "run.h5", "-j", "--input", "input.txt"], False),
        (["run.h5", "--json=false", "--input", "input.txt"], False),
    ],
)
def test_predict_is_the_same_read_with_and_without_fire(works, here, monkeypatch, words, plain):
    (here / "input.txt").write_bytes(b"lamp\nplay a song\n")
    assert (plain_arguments(words) is not None) == plain
    found = works("predict", *words)
    monkeypatch.setattr("embdistill.cli.predict.plain_arguments", lambda words: None)
    assert works("predict", *words) == found != ""


@pytest.mark.parametrize(
    "words",
    [[], ["--json"], ["a", "b"], ["a", "--input"], ["a", "--input", "--json"], ["a", "-x"], ["a", "--input=-x"]],
)
def test_what_is_not_plain_is_left_to_fire(words):
    assert plain_arguments(words) is None


@pytest.mark.parametrize("input", [[], ["--input", "-"], ["--input=-"]])
def test_standard_input_is_read_in_bytes(works, monkeypatch, input):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"turn \xff on\n\nzzz"), "ascii"))
    assert len(_predictions(works("predict", "run.h5", *input))) == 3


def test_a_process_predicts_odd_texts_from_standard_input(here):
    finished = process(here, "predict", "run.h5", input=b"\n".join([*ODD_TEXTS.values(), b"play"]))
    assert (finished.returncode, finished.stderr) == (0, b"7 of 13 texts have no word that the model knows\n")
    assert len(_predictions(finished.stdout.decode())) == len(ODD_TEXTS) + 1


def test_texts_without_known_words_are_counted(here, capsys):
    (here / "odd.txt").write_text("lamp on\nzzz qqq\n\n")
    assert main(["predict", "run.h5", "--input", "odd.txt"]) == 0
    assert capsys.readouterr().err == "2 of 3 texts have no word that the model knows\n"


def test_texts_without_known_words_are_counted_in_json_too(here, capsys):
    (here / "odd.txt").write_text("lamp on\nzzz qqq\n\n")
    assert main(["predict", "run.h5", "--input", "odd.txt", "--json"]) == 0
    output, said = capsys.readouterr()
    assert len(json.loads(output)["predictions"]) == 3
    assert said == "2 of 3 texts have no word that the model knows\n"


def test_top_gives_pairs_in_order(works, here):
    (here / "input.txt").write_bytes(b"\n".join(ODD_TEXTS.values()))
    best = _predictions(works("predict", "run.h5", "--input", "input.txt"))
    pairs = [line.split("\t") for line in works("predict", "run.h5", "--input", "input.txt", "--top", "2").splitlines()]
    assert [[pair[0], pair[1]] for pair in pairs] == best
    assert all(len(pair) == 4 and float(pair[1]) >= float(pair[3]) and pair[0] != pair[2] for pair in pairs)
    assert works("predict", "run.h5", "--input", "input.txt", "--top=7") == "".join("\t".join(p) + "\n" for p in pairs)
    found = json.loads(works("predict", "run.h5", "--input", "input.txt", "--top", "1", "--json"))["predictions"]
    assert [list(prediction["probabilities"]) for prediction in found] == [[label] for label, _ in best]


@pytest.mark.parametrize("top", ["0", "-1", "two", "1.5"])
def test_top_that_is_no_number_is_named(fails, top):
    assert fails("predict", "run.h5", f"--top={top}").startswith(f"--top {top}: must be a whole number, at least 1")


@pytest.mark.parametrize("at_once", [1, 2, 3, 5, 1000])
def test_answers_do_not_depend_on_the_texts_of_a_batch(works, here, monkeypatch, at_once):
    (here / "input.txt").write_bytes(b"\n".join(ODD_TEXTS.values()))
    words = ("predict", "run.h5", "--input", "input.txt")
    plain, as_json = works(*words), json.loads(works(*words, "--json"))
    monkeypatch.setattr("embdistill.cli.answers.LOGITS", at_once * 2)
    assert [label for label, _ in _predictions(works(*words))] == [label for label, _ in _predictions(plain)]
    found = json.loads(works(*words, "--json"))["predictions"]
    assert [p["label"] for p in found] == [p["label"] for p in as_json["predictions"]]


def test_json_of_no_text(works, here):
    (here / "input.txt").write_bytes(b"")
    assert works("predict", "run.h5", "--input", "input.txt", "--json") == '{"predictions": []}\n'


def test_json_is_written_as_it_goes(works, here, monkeypatch):
    written = []
    monkeypatch.setattr("embdistill.cli.answers.LOGITS", 2)  # a text a batch
    monkeypatch.setattr(
        "embdistill.cli.printing.print", lambda *words, **_: written.append("".join(words)), raising=False
    )
    (here / "input.txt").write_bytes(b"play\n\nlamp\n")
    works("predict", "run.h5", "--input", "input.txt", "--json")
    assert len(written) == 4 and [piece.count('"label"') for piece in written] == [1, 1, 1, 0]
    assert json.loads("".join(written))["predictions"][1].keys() == {"label", "probabilities"}


SLOW_TO_IMPORT = {"numpy", "fire", "csv", "hashlib", "pathlib", "tempfile", "embdistill.data.corpora"}


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_texts_from_a_stream_need_no_table_and_no_fire(small_model, tmp_path, words):
    (tmp_path / "model.edm").write_bytes(edm_bytes(small_model()))
    script = f"""
import sys
before = set(sys.modules)  # of an editable install
from embdistill.cli import main
assert main(["predict", "model.edm", *{words!r}]) == 0
print(*sorted((set(sys.modules) - before) & {SLOW_TO_IMPORT!r}), file=sys.stderr)
"""
    words = [sys.executable, "-I", "-c", script]
    finished = subprocess.run(words, input=b"lamp\n", cwd=tmp_path, capture_output=True)
    assert finished.returncode == 0 and finished.stderr == b"\n", finished.stderr.decode()
