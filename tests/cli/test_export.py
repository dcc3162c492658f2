"""The verb export: what it refuses, and C projects of .edm files."""

import sys

import pytest

from conftest import files_in
from embdistill.cli import main
from embdistill.export.edm import edm_bytes
from embdistill.model.networks.mean import Mean
from embdistill.model.run_file import save_run
from model_helpers import random_model


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "run.h5"
    save_run(path, random_model(Mean(3, 2, 4), ["lamp", "a b"]))
    return path


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "--to"),
        (["--to", "tflite"], "must be one of edm, c, arduino, zephyr, web, onnx, word2vec"),
        (["--to", "edm"], "--out is missing"),
        (["--to", "edm", "--out", "m.edm", "--dtype", "int2"], "must be one of float32, int8, int4"),
        (["--to", "onnx", "--out", "m.onnx", "--dtype", "int8"], "does not go with --to onnx"),
        (["--to", "edm", "--out", "."], "is a folder"),
        (["--to", "edm", "--out", "run.h5"], "would be overwritten"),
        (["--to", "edm", "--out", "nowhere/m.edm"], "does not exist"),
        (["--to", "c", "--out", "nowhere/m"], "does not exist"),
        (["--to", "c", "--out", "run.h5"], "is a file"),
        (["--to", "c", "--out", "."], "would be lost"),
        (["--to", "word2vec", "--out", "m.txt"], "white space"),
    ],
)
def test_wrong_command_lines(small, monkeypatch, capsys, options, said):
    monkeypatch.chdir(small.parent)
    assert main(["export", "run.h5", *options]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert [entry.name for entry in small.parent.iterdir()] == ["run.h5"]


def test_a_model_that_is_none(tmp_path, capsys):
    (tmp_path / "m.edm").write_bytes(edm_bytes(random_model(Mean(3, 2, 4), ["lamp"]))[:-1])
    assert main(["export", str(tmp_path / "m.edm"), "--to", "c", "--out", str(tmp_path / "c")]) == 2
    assert capsys.readouterr().err.count("\n") == 1 and not (tmp_path / "c").exists()


def test_without_onnx(small, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert main(["export", str(small), "--to", "onnx", "--out", str(small.parent / "m.onnx")]) == 2
    assert "pip install onnx" in capsys.readouterr().err


def test_an_edm_file_becomes_a_c_project_like_its_run(works, fails, here):
    for dtype in ("float32", "int8", "int4"):
        works("export", "run.h5", "--to", "edm", "--out", "model.edm", "--dtype", dtype)
        for source, out in (("run.h5", "of_run"), ("model.edm", "of_edm")):
            works("export", source, "--to", "c", "--out", out, *(["--dtype", dtype] if source == "run.h5" else []))
        assert files_in(here / "of_run") == files_in(here / "of_edm")
    assert (
        fails("export", "model.edm", "--to", "edm", "--out", "copy.edm")
        == "model.edm: is an .edm file already; copy it"
    )
    for to in ("onnx", "word2vec"):
        said = fails("export", "model.edm", "--to", to, "--out", "new")
        assert said == f"model.edm: an .edm file lacks what --to {to} needs; name the run file that it was made from"
    said = fails("export", "model.edm", "--to", "c", "--out", "of_edm", "--dtype", "float32")
    assert said == "--dtype float32: model.edm is int4; omit it, or name the run file that it was made from"
    assert fails("export", "model.edm", "--to", "c", "--out", "of_edm", "--flash", "64K").startswith("model.edm: ")
