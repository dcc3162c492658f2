"""The verb explain."""

import json
import os
import pty
import re
import subprocess
import sys

import pytest

from cli_helpers import command
from embdistill import load
from embdistill.cli import main
from embdistill.model.run_file import save_run
from model_helpers import NETWORKS, random_model

TEXT = "turn the lamp on"


def test_a_text_its_words_and_the_label_that_is_asked_for(works):
    lines = works("explain", "run.h5", TEXT).splitlines()
    label, probability = load("run.h5").predict([TEXT])[0], load("run.h5").predict_proba([TEXT]).max()
    assert lines[0] == f"{label}\t{probability:.6f}"
    assert [line.split()[0] for line in lines[2:]] == TEXT.split()
    other = next(name for name in load("run.h5").labels if name != label)
    assert (
        works("explain", "run.h5", TEXT, "--label", other)
        .splitlines()[1]
        .startswith(f"(the most probable label is {label}\t")
    )


def test_json_of_both_kinds_of_model(works):
    works("export", "run.h5", "--to", "edm", "--out", "model.edm")
    for model in ("run.h5", "model.edm"):
        (found,) = json.loads(works("explain", model, TEXT, "--format", "json"))["explanations"]
        assert found == json.loads(json.dumps(load(model).explain(TEXT).as_dict()))
        assert [word["text"] for word in found["words"]] == TEXT.split()


def test_texts_of_an_input(works, here):
    (here / "lines.txt").write_text("lamp on\n\nplay a song\n")
    (here / "rows.csv").write_text("review,stars\nlamp on,1\nplay a song,2\n")
    lines = json.loads(works("explain", "run.h5", "--input", "lines.txt", "--format", "json"))["explanations"]
    rows = works("explain", "run.h5", "--input", "rows.csv", "--text-column", "review", "--format", "json")
    assert [found["text"] for found in lines] == ["lamp on", "", "play a song"]
    assert json.loads(rows)["explanations"] == [lines[0], lines[2]]
    assert (lines[1]["words"], lines[1]["count"]) == ([], 0)


def test_standard_input(trained):
    run, _ = trained
    printed, said = command("explain", run, cwd=run.parent, stdin=b"lamp on\nplay a song\n")
    assert printed.count("\n") == 2 + 2 + 2 + 3 and said == ""


def test_html_is_one_page_without_scripts_or_network(works, here):
    hostile = """<script>alert(1)</script> </style> & "lamp" \x00\x1b[31m \u202eevil \ud800 مرحبا 💡"""
    page = works("explain", "run.h5", hostile, "--format", "html")
    assert page.startswith("<!DOCTYPE html>") and page.endswith("</html>\n")
    assert "<script" not in page and "alert" in page and page.count("</style>") == 1
    assert not re.search(r"\b(src|href)=|url\(|@import|//", page.replace("<!DOCTYPE html>", ""))
    assert not set("\x00\x1b\u202e") & set(page)
    assert "prefers-color-scheme: dark" in page and '<th scope="col"' in page
    page.encode()


@pytest.mark.parametrize(
    ("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colours_are_for_terminals(trained, environment, coloured):
    run, _ = trained
    words = [sys.executable, "-m", "embdistill", "explain", str(run), "the lamp \x1b]0;title\x07 on"]
    reader, writer = pty.openpty()
    everything = {**os.environ, "TERM": "xterm-256color", **environment}
    if not environment:
        everything.pop("NO_COLOR", None)
    subprocess.run(words, stdout=writer, stderr=subprocess.PIPE, check=True, env=everything)
    os.close(writer)
    shown = os.read(reader, 1 << 16).decode()
    os.close(reader)
    assert ("\x1b[" in shown) == coloured
    assert ("\\u001b" in shown) == coloured and "\x1b]0;" not in shown  # of the text
    assert "\x1b" not in command("explain", run, "the lamp", cwd=run.parent)[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run.h5", "lamp", "--label", "ligth"], "--label ligth: not a class of the model; did you mean light?"),
        (["run.h5", "lamp", "--format", "pdf"], "--format pdf: must be one of text, json, html"),
        (["run.h5", "lamp", "--input", "texts.txt"], "a text and options of --input are both given; omit one of them"),
        (["texts.txt", "lamp"], "texts.txt: "),
        (["run.h5", "lamp", "on"], "explain: unexpected argument 'on'; it takes MODEL [TEXT], see --help"),
        ([], "explain needs MODEL [TEXT]"),
    ],
)
def test_mistakes(fails, words, message):
    assert fails("explain", *words).startswith(message)


def test_a_text_without_marks_is_named_by_its_line(here, capsys):
    save_run("relations.h5", random_model(NETWORKS["relations cnn"]))
    (here / "lines.txt").write_text("<e1>lamp</e1> <e2>song</e2>\nlamp\n")
    assert main(["explain", "relations.h5", "--input", "lines.txt"]) == 2
    assert "lines.txt:2: no <e1>" in capsys.readouterr().err
