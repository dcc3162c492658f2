"""--out names a device, a FIFO, a link, or what is there already."""

import os
import stat
import subprocess

import pytest

from cli_helpers import COMPARE, SMALL, TRAIN, process

WRITERS = {
    "train": [*TRAIN, *SMALL],
    "import": ["vectors", "import", "vectors.txt"],
    "edm": ["export", "run.h5", "--to", "edm"],
    "onnx": ["export", "run.h5", "--to", "onnx"],
    "word2vec": ["export", "run.h5", "--to", "word2vec"],
    "predict": ["predict", "run.h5", "--input", "texts.txt"],
}


@pytest.fixture(params=WRITERS)
def writer(request):
    if request.param == "onnx":
        pytest.importorskip("onnx", reason="needs the extra onnx")
    return WRITERS[request.param]


def test_a_device_is_written_into(works, here, writer):
    try:
        os.mknod("null", stat.S_IFCHR | 0o666, os.makedev(1, 3))  # one of our own
    except PermissionError:
        pytest.skip("only root can make devices")
    before = set(here.iterdir())
    works(*writer, "--out", "null")
    assert stat.S_ISCHR(os.stat("null").st_mode) and set(here.iterdir()) == before


def test_a_fifo_is_written_into(here, writer):
    os.mkfifo("fifo")
    with subprocess.Popen(["cat", "fifo"], stdout=subprocess.PIPE) as reader:
        finished = process(here, *writer, "--out", "fifo")
        assert finished.returncode == 0, finished.stderr
        got = reader.stdout.read()
    assert stat.S_ISFIFO(os.stat("fifo").st_mode)
    assert process(here, *writer, "--out", "file").returncode == 0
    assert len(got) == pytest.approx(os.stat("file").st_size, abs=200)  # times are in some


def test_a_link_stays(works, here, writer):
    (here / "folder" / "target").write_bytes(b"")
    (here / "folder" / "target").chmod(0o640)
    (here / "link").symlink_to("folder/target")
    works(*writer, "--out", "link")
    status = os.stat("folder/target")
    assert os.path.islink("link") and status.st_size > 100 and stat.S_IMODE(status.st_mode) == 0o640
    assert os.listdir("folder") == ["target"]


def test_a_link_to_a_c_project_stays(works, here):
    (here / "link").symlink_to("folder")
    (here / "folder").chmod(0o750)
    for _ in range(2):
        works("export", "run.h5", "--to", "c", "--out", "link")
    assert os.path.islink("link") and (here / "folder" / "main.c").exists()
    assert stat.S_IMODE(os.stat("folder").st_mode) == 0o750


@pytest.mark.parametrize(
    "writer",
    [[*TRAIN, *SMALL], ["train"], WRITERS["edm"], WRITERS["word2vec"]],
    ids=["train", "demo", "edm", "word2vec"],
)
def test_a_file_of_another_kind_is_not_replaced(fails, here, writer):
    (here / "thesis.docx").write_bytes(b"PK\3\4 my thesis")
    assert fails(*writer, "--out", "thesis.docx").startswith("thesis.docx: is there already, and no")


def test_nor_are_vectors_by_a_model(fails):
    assert fails(*TRAIN, "--out", "vectors.h5") == (
        "vectors.h5: is read and would be overwritten; choose another name for --out"
        if "vectors.h5" in TRAIN
        else "vectors.h5: is a vectors file, and no run file; remove it, or choose another name for --out"
    )


def test_a_model_replaces_a_model_an_empty_file_and_a_damaged_model(works, here):
    (here / "empty").write_bytes(b"")
    (here / "cut.h5").write_bytes((here / "run.h5").read_bytes()[:-1])
    for out in ("run.h5", "empty", "cut.h5"):
        works(*TRAIN, *SMALL, "--out", out)
        works("verify", out)


@pytest.mark.parametrize("data", ["r", "r.pos", "r.neg"])
@pytest.mark.parametrize("out", ["r.pos", "r.neg"])
def test_both_files_of_a_polarity_pair_are_inputs(fails, here, data, out):
    (here / "r.pos").write_text("play the song\n" * 9)
    (here / "r.neg").write_text("stop the music\n" * 9)
    said = fails("train", "--data", data, "--vectors", "vectors.txt", "--out", out)
    assert said == f"{out}: is read and would be overwritten; choose another name for --out"


def test_the_toml_file_is_an_input(fails, here):
    (here / "settings.toml").write_text("dim = 4\n")
    for words in (TRAIN, ["train"]):
        said = fails(*words, "--config", "settings.toml", "--out", "settings.toml")
        assert said == "settings.toml: is read and would be overwritten; choose another name for --out"


def test_results_of_a_comparison_overwrite_neither_inputs_nor_files_of_others(fails, here):
    (here / "folder" / "results.csv").write_text("text,label\non,a\noff,b\n")
    words = ["compare", "--data", "folder/results.csv", *TRAIN[3:], "--test", "texts.txt", "--out", "folder"]
    assert fails(*words) == "folder/results.csv: is read and would be overwritten; choose another name for --out"
    assert fails(*COMPARE[:-1], "folder") == (
        "folder/results.csv: is there already, and not of a comparison; choose another folder for --out"
    )


@pytest.mark.parametrize("content", [b"my notes", b"embdistill hdf5\nsha256 0", b""], ids=["notes", "damaged", "empty"])
def test_a_file_that_happens_to_be_called_as_a_checkpoint_is_not_overwritten(fails, here, content):
    (here / "new.h5.checkpoint").write_bytes(content)
    for more in ([], ["--resume"]):
        said = fails(*TRAIN, *SMALL, "--out", "new.h5", *more)
        assert said.startswith("new.h5.checkpoint: is ") and said.endswith("; move it, or choose another --out")


def test_vectors_do_not_replace_another_file(fails, here):
    (here / "thesis.docx").write_bytes(b"PK\3\4 my thesis")
    for out in ("thesis.docx", "run.h5"):
        said = fails("vectors", "import", "vectors.txt", "--out", out)
        assert said.endswith("and no vectors file; remove it, or choose another name for --out")
