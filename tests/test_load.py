"""embdistill.load: which kind of model a file holds, what is refused, and a fast start."""

import subprocess
import sys

import numpy as np
import pytest

import embdistill
from embdistill import FormatError, UserError
from embdistill.export.edm import edm_bytes
from embdistill.model.classifier import Model
from embdistill.model.edm import EdmModel, load_edm
from embdistill.model.run_file import save_run
from model_helpers import CLOSE, HARD, NETWORKS, made_for
from open_words_helpers import TEXTS, open_model


def test_load_tells_files_by_their_content(model_files):
    run_file, edm_file, model = model_files
    run_file, edm_file = run_file.rename(run_file.with_name("a.edm")), edm_file.rename(edm_file.with_name("b.h5"))
    loaded, edm = embdistill.load(run_file), embdistill.load(str(edm_file))
    assert isinstance(loaded, Model) and isinstance(edm, EdmModel)
    texts = made_for(model, HARD)
    assert loaded.predict(texts) == edm.predict(texts) == embdistill.load(edm_file, precompute=3).predict(texts)


def test_a_run_file_cannot_be_precomputed(model_files):
    with pytest.raises(UserError, match=r"run\.h5: precompute= is for \.edm files only"):
        embdistill.load(model_files[0], precompute=3)


@pytest.mark.parametrize("correct", [True, False])
@pytest.mark.parametrize("subwords", [True, False])
def test_unknown_words_are_read_as_one_wants(tmp_path, correct, subwords):
    model = open_model(NETWORKS["mean"])
    save_run(tmp_path / "run.h5", model)
    (tmp_path / "model.edm").write_bytes(edm_bytes(model))
    loaded = [embdistill.load(tmp_path / name, correct=correct, subwords=subwords) for name in ("run.h5", "model.edm")]
    expected = open_model(NETWORKS["mean"], correct=correct, subwords=subwords).predict_proba(TEXTS)
    for one in loaded:
        np.testing.assert_allclose(one.predict_proba(TEXTS), expected, **CLOSE)
    assert (np.abs(expected - model.predict_proba(TEXTS)).max() > 0.01) == (not (correct and subwords))


@pytest.mark.parametrize("content", [b"", b"\x89", b"\x89EDM\r\n", b"junk" * 100, b"\x89EDN\r\n\x1a\n" + b"x" * 100])
def test_a_file_that_is_neither(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(FormatError, match="^" + str(tmp_path / "file")):
        embdistill.load(tmp_path / "file")


def test_a_file_that_cannot_be_read(tmp_path):
    for path, reason in ((tmp_path, "Is a directory"), (tmp_path / "none.edm", "No such file")):
        for read in (embdistill.load, load_edm):
            with pytest.raises(UserError, match=f"{path}: cannot be read .{reason}"):
                read(path)


def test_the_library_imports_nothing_heavy(model_files):
    _, edm_file, model = model_files
    script = f"""
import sys, embdistill
model = embdistill.load({str(edm_file)!r})
text = {made_for(model, ["turn the lamp on"])[0]!r}
model.classify(text), model.predict([text] * 40, threads=2)
print(*sorted(sys.modules.keys() & {{"numpy", "numba", "h5py", "scipy"}}))
model.predict_proba([text])
print(*sorted(sys.modules.keys() & {{"numba", "h5py", "scipy"}}))
"""
    finished = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True)
    assert finished.stdout == "\n\n", finished.stderr
