"""The verb train with --flash: what it writes, what it refuses, and that it leaves nothing half-written."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import embdistill
from embdistill.cli import main
from embdistill.demo import FOLDER, TEST, VECTORS
from embdistill.export.edm import edm_bytes
from embdistill.model.edm import EdmModel
from embdistill.model.run_file import load_run

FILES = ["train", "--data", str(FOLDER / "train.txt"), "--dev", str(FOLDER / "dev.txt"), "--vectors", str(VECTORS)]
SMALL = ["--network", "mean", "--dim", "5", "--hidden", "20", "--epochs", "12"]


def test_the_most_accurate_model_that_fits_is_written(tmp_path, capsys):
    options = ["--flash", "24K", "--ram", "8K", "--test", str(TEST), "--out", str(tmp_path / "board.h5"), "--json"]
    assert main([*FILES, *SMALL, *options]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["board.edm", "board.h5", "board.svg"]
    chosen = found["search"]["chosen"]
    assert found["search"]["code"] + os.path.getsize(tmp_path / "board.edm") == chosen["flash"] <= 24 * 1024
    assert chosen["ram"] <= 8 * 1024 and chosen in found["search"]["curve"]
    assert chosen["dev"] == pytest.approx(found["dev"]["accuracy"])
    assert chosen["dev_typos"] == pytest.approx(found["dev"]["typos"]["accuracy"])
    assert found["test"]["accuracy"] > 20  # of ten classes
    run, image = load_run(tmp_path / "board.h5"), embdistill.load(tmp_path / "board.edm")
    assert len(run.vocabulary) == found["vocabulary"] == chosen["words"] + 1
    assert run.about["record"]["search"]["chosen"] == chosen
    texts = ["the chandelier is too dim", "is there any thunder coming", "turn the volume down"]
    again = EdmModel(edm_bytes(run, chosen["dtype"], common=0))
    np.testing.assert_array_equal(image.predict_logits(texts), again.predict_logits(texts))
    flash = [candidate["flash"] for candidate in found["search"]["curve"]]
    assert flash == sorted(flash)
    assert main(["verify", str(tmp_path / "board.h5")]) == main(["verify", str(tmp_path / "board.edm")]) == 0
    assert main(["export", str(tmp_path / "board.edm"), "--to", "c", "--out", str(tmp_path / "c")]) == 0
    capsys.readouterr()
    assert (
        main(["export", str(tmp_path / "board.h5"), "--to", "edm", "--out", str(tmp_path / "c.edm"), "--flash", "23K"])
        == 2
    )
    assert "was trained on its dev texts too" in capsys.readouterr().err


def test_the_curve_is_printed_and_without_matplotlib_not_drawn(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    out = tmp_path / "board.h5"
    assert main([*FILES, *SMALL, "--method", "encode", "--units", "3", "--out", str(out), "--flash", "24K"]) == 0
    shown, said = capsys.readouterr()
    assert "typos %" in shown and "* chosen" in shown and f"of {24 * 1024:,} bytes" in shown and str(out) in shown
    assert "instructions a text" in shown and "board.svg" not in shown
    assert "not used by encode with mean: --units" in said and "pip install matplotlib" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["board.edm", "board.h5"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--flash", "1K"], "--flash 1024: nothing fits; the smallest possible is"),
        (["--flash", "64K", "--ram", "1K"], "--ram 1024: nothing fits; the smallest possible is"),
        (["--flash", "64K", "--max-instructions", "10"], "--max-instructions 10: nothing fits; the smallest possible"),
        (["--flash", "lots"], "must be a number of bytes"),
        (["--ram", "8K"], "--ram needs --flash"),
        (["--max-instructions", "10"], "--max-instructions needs --flash"),
        (["--flash", "64K", "--resume"], "--resume does not go with --flash"),
        (["--flash", "64K", "--folds", "3"], "--folds does not go with --flash"),
        (["--flash", "64K", "--teacher", "a.h5"], "--teacher does not go with --flash"),
        (["--flash", "64K", "--small-vectors", "a.txt"], "--small-vectors does not go with --flash"),
        (["--flash", "64K", "--method", "large"], "--method large does not go with --flash"),
        (["--flash", "64K", "--out", "board.edm"], "call it NAME.h5"),
        (["--flash", "64K", "--out", "nowhere/board.h5"], "does not exist"),
    ],
)
def test_what_is_refused(tmp_path, capsys, monkeypatch, options, said):
    monkeypatch.chdir(tmp_path)
    assert main([*FILES, *SMALL, *options]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert said in error and not list(tmp_path.iterdir())


def test_a_figure_of_the_user_is_not_overwritten(tmp_path, capsys):
    (tmp_path / "board.svg").write_text("<svg/>")
    assert main([*FILES, *SMALL, "--flash", "64K", "--out", str(tmp_path / "board.h5")]) == 2
    assert "board.svg: is there already, and no curve of a search" in capsys.readouterr().err
    assert (tmp_path / "board.svg").read_text() == "<svg/>"


def test_without_data(capsys):
    assert main(["train", "--flash", "64K"]) == 2
    assert "--flash needs --data" in capsys.readouterr().err


def test_too_few_dev_texts(few_texts, tmp_path, capsys):
    words = ["train", "--data", str(few_texts), "--vectors", "missing.txt", "--flash", "64K"]
    assert main([*words, "--out", str(tmp_path / "board.h5")]) == 2
    said = capsys.readouterr().err  # before the vectors are looked for
    assert "dev has 4 texts, too few to tell models apart" in said and "missing.txt" not in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_leaves_nothing(tmp_path, number):
    script = (  # a shell starts its background jobs with SIGINT ignored
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from embdistill.cli import main; sys.exit(main())"
    )
    words = [*FILES, "--flash", "64K", "--out", str(tmp_path / "board.h5")]
    running = subprocess.Popen([sys.executable, "-c", script, *words], stderr=subprocess.PIPE, text=True)
    for line in running.stderr:
        if line.startswith("teachers"):
            break
    time.sleep(0.5)
    running.send_signal(number)
    errors = running.stderr.read()
    assert running.wait() == (1 if number == signal.SIGINT else 128 + number)
    assert errors.splitlines()[-1] == f"embdistill: stopped by {number.name}" and "Traceback" not in errors
    assert not list(tmp_path.iterdir())
