"""The C project: the answers of its program, the joined runtime, and how a project is replaced."""

import os
import re
import subprocess

import numpy as np
import pytest

from c_helpers import RUNTIME, WARNINGS
from embdistill.cli import main
from embdistill.data.corpora import Layout, read_corpus
from embdistill.data.typos import Typos
from embdistill.export.c import runtime_c
from embdistill.export.edm import edm_bytes
from embdistill.model.edm import EdmModel
from embdistill.model.networks.cnn import Cnn
from embdistill.model.networks.mean import Mean
from embdistill.model.run_file import load_run, save_run
from model_helpers import random_model
from open_words_helpers import open_model


def _compiled(run_file, compiler, folder):
    """The C project of a model."""
    assert main(["export", str(run_file), "--to", "c", "--out", str(folder)]) == 0
    flags = " ".join(["-O2", *WARNINGS])
    subprocess.run(["make", "-s", "-C", folder, f"CC={compiler}", f"CFLAGS={flags}"], check=True)
    return folder


@pytest.fixture(scope="module")
def project(compiler, run_file, tmp_path_factory):
    return _compiled(run_file, compiler, tmp_path_factory.mktemp("c") / "project")


def _answers(project, texts):
    """The fields of each line that the program of a project prints for the texts."""
    lines = b"".join((text if isinstance(text, bytes) else text.encode()) + b"\n" for text in texts)
    done = subprocess.run([project / "classify", "--logits"], input=lines, capture_output=True, check=True)
    return [line.split("\t") for line in done.stdout.decode().splitlines()]


@pytest.mark.parametrize("file", ["trec/test.label", "banking77/test.csv"])
def test_texts_with_typing_errors(compiler, data, words, tmp_path, file):
    """By the program, the .edm image and the run file of a model that reads words outside its table."""
    layout = Layout(label_column="category") if file.endswith("csv") else Layout()
    texts = [" ".join(example.text.split()) for example in read_corpus(data / file, layout=layout).examples]
    mistyped, _, edited = Typos(0.2)(texts)
    assert edited > 200
    model = open_model(Cnn(50, 6, 100, (3, 4, 5)), words)
    save_run(tmp_path / "run.h5", model)
    answers = _answers(_compiled(tmp_path / "run.h5", compiler, tmp_path / "project"), mistyped)
    found = load_run(tmp_path / "run.h5").predict(mistyped)
    assert [answer[0] for answer in answers] == found == EdmModel(edm_bytes(model)).predict(mistyped)


def test_c_program(project, model, texts, logits):
    answers = _answers(project, texts)
    np.testing.assert_allclose([list(map(float, answer[1:])) for answer in answers], logits, rtol=0, atol=1e-4)
    assert [answer[0] for answer in answers] == [model.labels[c] for c in logits.argmax(axis=1)]


def test_the_runtime_is_joined_into_one_file():
    """Every file of the runtime once, in the order of the table of contents."""
    joined = runtime_c()
    assert joined == runtime_c()
    assert re.findall(r'^#include "(.+)"', joined, re.MULTILINE) == ["embdistill.h"]
    contents = re.findall(r"^ \*   (\S+) +\w", joined, re.MULTILINE)
    assert contents == re.findall(r"^/\* =+ (\S+) =+ \*/$", joined, re.MULTILINE)
    files = {str(path.relative_to(RUNTIME)): path.read_text() for path in RUNTIME.rglob("*.[ch]")}
    others = {name for name in files if name.startswith("python/")} | {"embdistill.h", "embdistill.c"}
    others |= {"explain.h", "explain.c"}  # for the Python extension and the web page
    assert sorted(contents) == sorted(files.keys() - others)
    assert all(joined.count(files[name]) == 1 for name in contents)


def test_the_linker_sees_no_names_but_those_of_the_header(compiler, tmp_path):
    (tmp_path / "embdistill.c").write_text(runtime_c())
    source, program = tmp_path / "embdistill.c", tmp_path / "embdistill.o"
    subprocess.run([compiler, "-std=c99", f"-I{RUNTIME}", "-c", source, "-o", program], check=True)
    listed = subprocess.run(["nm", "-g", "--defined-only", program], capture_output=True, text=True, check=True).stdout
    names = {line.split()[-1] for line in listed.splitlines()}
    declared = set(re.findall(r"\b(embdistill_\w+)\(", (RUNTIME / "embdistill.h").read_text()))
    assert names == declared


def test_a_project_is_replaced(tmp_path):
    run_file, folder = tmp_path / "run.h5", tmp_path / "project"
    save_run(run_file, random_model(Mean(3, 2, 4), ["lamp"]))
    for dtype in ("float32", "int8"):
        assert main(["export", str(run_file), "--to", "c", "--out", str(folder), "--dtype", dtype]) == 0
        assert sorted(os.listdir(folder)) == [
            "CMakeLists.txt",
            "LICENSE-embdistill",
            "Makefile",
            "embdistill.c",
            "embdistill.h",
            "main.c",
            "model_data.c",
            "model_data.h",
        ]
    assert (folder / "LICENSE-embdistill").read_text("utf-8") == (RUNTIME / "LICENSE").read_text("utf-8")
    assert sorted(os.listdir(tmp_path)) == ["project", "run.h5"]
