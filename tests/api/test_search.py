"""A search from Python gives what `train --flash` does."""

import numpy as np
import pytest

import embdistill
from embdistill.api import evaluate, export, read_corpus, search, silent
from embdistill.demo import FOLDER, TEST, VECTORS
from embdistill.errors import UserError
from embdistill.model.edm import EdmModel

SETTINGS = {"network": "mean", "dim": 5, "hidden": 20, "epochs": 12}


@pytest.fixture(scope="module")
def found():
    with silent():
        return search(read_corpus(FOLDER / "train.txt"), VECTORS, "24K", dev=FOLDER / "dev.txt", ram="8K", **SETTINGS)


def test_is_what_the_command_line_writes(found, tmp_path, command_line):
    options = [f"--{name}={value}" for name, value in SETTINGS.items()]
    files = ["--data", FOLDER / "train.txt", "--dev", FOLDER / "dev.txt", "--vectors", VECTORS]
    command_line("train", *files, *options, "--flash=24K", "--ram=8K", "--out", tmp_path / "board.h5")
    assert found.image == (tmp_path / "board.edm").read_bytes()
    assert found.model.digest() == embdistill.load(tmp_path / "board.h5").digest()


def test_is_saved_with_its_image_and_its_curve(found, tmp_path):
    written = found.save(tmp_path / "found.h5")
    assert sorted(written) == sorted(map(str, tmp_path.iterdir()))
    assert {path.suffix for path in tmp_path.iterdir()} >= {".h5", ".edm"}
    assert (tmp_path / "found.edm").read_bytes() == found.image
    assert embdistill.load(tmp_path / "found.h5").about["record"]["out"] == str(tmp_path / "found.h5")


def test_its_rows_are_the_curve(found):
    chosen = found.record["search"]["chosen"]
    assert chosen in found.rows() and chosen["flash"] <= 24 * 1024 and chosen["ram"] <= 8 * 1024
    assert f"{chosen['flash']:,} bytes of flash" in found.title and "<table>" in found._repr_html_()


def test_it_is_asked_scored_and_exported_as_its_image_is(found, tmp_path):
    texts = read_corpus(TEST).texts
    image = EdmModel(found.image)
    assert found.predict(texts) == image.predict(texts)
    np.testing.assert_array_equal(found.predict_proba(texts), image.predict_proba(texts))
    assert evaluate(found, TEST).accuracy == evaluate(image, TEST).accuracy
    assert export(found, tmp_path / "a.edm").dtype == found.record["search"]["chosen"]["dtype"]
    assert (tmp_path / "a.edm").read_bytes() == found.image
    export(found, tmp_path / "c", to="c")
    assert (tmp_path / "c/main.c").is_file()
    assert export(found, tmp_path / "b.edm", dtype="float32").bytes > len(found.image)
    assert export(found.model, tmp_path / "c.edm", dtype="float32").bytes == (tmp_path / "b.edm").stat().st_size


def test_it_is_saved_whole_or_not_at_all(found, tmp_path):
    (tmp_path / "d.h5").mkdir()
    with pytest.raises(UserError, match=r"d.h5: is a folder; name a file$"):
        found.save(tmp_path / "d.h5")
    with pytest.raises(UserError, match=r"^out .*d.edm: names the run file"):
        found.save(tmp_path / "d.edm")
    assert [path.name for path in tmp_path.iterdir()] == ["d.h5"]


def test_labels_that_nothing_can_tell_are_said(capsys):
    texts = [f"{name} the lamp" for name in ("dim", "light", "turn", "switch") for _ in range(150)]
    labels = [("on", "off", "off")[i % 3] for i in range(len(texts))]
    search((texts, labels), VECTORS, "24K", **SETTINGS)
    said = capsys.readouterr().err
    assert "is no better than to answer 'off' always (63.3 %); give more texts or check the labels" in said
    assert "bytes of flash are free" in said and "; words 5000 adds frequent ones" in said  # in Python's spelling


def test_uneven_classes_are_no_mistake(capsys):
    texts = [f"{name} the lamp" for name in ("dim", "light", "turn", "switch") for _ in range(150)]
    labels = [("on", "off", "off")[i % 3] for i in range(len(texts))]
    search((texts, labels), VECTORS, "24K", class_weights="balanced", select="macro_f1", **SETTINGS)
    said = capsys.readouterr().err
    assert "always" not in said and "select macro_f1 chooses the epoch alone" in said


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"flash": "1K"}, r"flash 1024: nothing fits; the smallest possible is"),
        ({"flash": "lots"}, r"flash lots: must be a number of bytes"),
        ({"flash": 65536, "dims": 3}, r"unknown parameter dims; did you mean dim\?"),
        ({"flash": 65536, "workers": -1}, r"workers -1: must be a whole number, at least 1"),
        ({"flash": 65536, "max_instructions": "9K"}, r"max_instructions '9K': must be a whole number, at least 1"),
        ({"flash": 65536, "ram": ""}, r"ram : must be a number of bytes"),
        ({"flash": 65536, "ramm": 3}, r"unknown parameter ramm; did you mean ram\?"),
        ({"flash": "64K", "method": "large"}, r"method large does not go with flash"),
    ],
)
def test_what_is_refused(options, problem):
    with pytest.raises(UserError, match=f"^{problem}"):
        search(FOLDER / "train.txt", VECTORS, dev=FOLDER / "dev.txt", **SETTINGS | options)
