"""Machines as people have them: users without a home, devices, terminals, signals, and sizes that no machine has."""

import gzip
import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

import c_helpers
from cli_helpers import SMALL, TRAIN, process
from conftest import JIT_DISABLED, files_in
from embdistill.data.corpora import lines

COMPARE = ["compare", *TRAIN[1:], "--test", "texts.txt", "--out", "results"]
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


# ---- No home folder, a package that cannot be written, a user that is not root


def _as_another_user(folder, *words):
    """A command of a user without a home folder, who can write neither the package nor Python's folders."""
    if not ROOT:
        pytest.skip("only root can become another user")
    program = (
        "import os, sys; os.setgroups([]); os.setgid(54321); os.setuid(54321); "
        "from embdistill.cli import main; sys.exit(main())"
    )
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(folder / "tmp")}
    words = [sys.executable, "-c", program, *words]
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture
def open_folder(here):
    """The folder of `here`, where any user may write."""
    folder = here
    while folder != Path(folder.anchor) and folder.stat().st_uid == os.geteuid() and folder.name != "tmp":
        folder.chmod(folder.stat().st_mode | 0o055)
        folder = folder.parent
    here.chmod(0o777)
    (here / "tmp").mkdir()
    (here / "tmp").chmod(0o1777)
    checked = _as_another_user(here, "--version")
    if checked.returncode:
        pytest.skip(f"another user cannot run this Python: {checked.stderr.splitlines()[-1]}")
    return here


@pytest.mark.skipif(JIT_DISABLED, reason="nothing is compiled")
def test_a_user_without_a_home_folder(open_folder):
    private = open_folder / "tmp" / "embdistill-54321"
    said = f"compiled kernels are kept in {private}: neither the package nor a home folder can be written\n"
    first = _as_another_user(open_folder, *TRAIN, *SMALL, "--out", "new.h5")
    assert first.returncode == 0 and first.stderr.count(said) == 1, first.stderr
    for words in ([*TRAIN, *SMALL, "--out", "new.h5"], ["info", "new.h5"], ["evaluate", "new.h5", *TRAIN[1:3]]):
        again = _as_another_user(open_folder, *words)
        assert again.returncode == 0 and "compil" not in again.stderr, again.stderr


# ---- --out to a device, a FIFO or a link


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


# ---- What would be overwritten


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


# ---- Signals


LONG = [*TRAIN, "--dim", "4", "--filters", "5", "--epochs", "1000000", "--patience", "1000000"]


@pytest.fixture
def often(here, monkeypatch):
    """Starts a training that writes checkpoints all the time; waits for the first."""
    program = (
        "import sys; from embdistill.training import checkpoint; checkpoint.SECONDS = 0; "
        "from embdistill.cli import main; sys.exit(main())"
    )
    started = []

    def often(*words):
        words = [sys.executable, "-c", program, *words]
        started.append(subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        for _ in range(1200):
            if os.path.exists("new.h5.checkpoint") or started[-1].poll() is not None:
                return started[-1]
            time.sleep(0.05)
        raise AssertionError("no checkpoint")

    yield often
    for running in started:
        running.kill()
        running.communicate()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 1)])
def test_a_signal_ends_a_training_in_order(often, fails, here, number, code):
    before = set(os.listdir())
    running = often(*LONG, "--out", "new.h5")
    running.send_signal(number)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == code
    said = f"embdistill: stopped by {number.name}; `train --resume` continues a run from its last checkpoint"
    assert errors.splitlines()[-1] == said and "Traceback" not in errors
    assert set(os.listdir()) - before == {"new.h5.checkpoint"}
    said = fails(*LONG, "--out", "new.h5")
    assert said.startswith("new.h5.checkpoint: of a run that was stopped; give --resume to go on with it, remove it")
    said = fails(*LONG, "--out", "new.h5", "--seed", "1", "--resume", late=True)
    assert said.startswith("new.h5.checkpoint: made with other files or settings")


def test_what_a_killed_training_left_is_swept_by_the_next(often, here):
    running = often(*LONG, "--out", "new.h5")
    running.kill()
    running.communicate()
    (here / ".embdistill.killed00.part").write_bytes(b"half of a checkpoint")  # whether or not it was writing one
    second = often(*LONG, "--out", "new.h5", "--resume")
    for _ in range(600):
        if not os.path.exists(".embdistill.killed00.part"):
            break
        time.sleep(0.05)
    second.terminate()
    second.communicate()
    assert [name for name in os.listdir() if name.startswith(".embdistill")] == []


def test_a_comparison_ends_with_its_workers(here):
    words = [*COMPARE, "--methods", "direct,encode+soft", "--dims", "4", "--seeds", "40", "--workers", "2"]
    words = [sys.executable, "-m", "embdistill", *words, "--epochs", "30"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, start_new_session=True) as running:
        for line in running.stderr:
            if line.startswith("3/80 "):
                break
        os.killpg(running.pid, signal.SIGTERM)  # as systemd and Slurm do: parent and workers alike
        errors = running.stderr.read()
    assert running.returncode == 143 and "Traceback" not in errors and "worker process died" not in errors, errors
    assert errors.splitlines()[-1] == "embdistill: stopped by SIGTERM"
    assert list(here.rglob(".embdistill*")) == []
    with pytest.raises(ProcessLookupError):
        os.killpg(running.pid, 0)
    runs = (here / "results" / "runs.jsonl").read_text().splitlines()
    assert len(runs) >= 3 and all(json.loads(line) for line in runs)


def test_ctrl_c_at_any_point_of_an_export_leaves_a_whole_project(here, works):
    works("export", "run.h5", "--to", "c", "--out", "project")
    whole = files_in(here / "project")
    program = "import sys; from embdistill.cli import main; print('here', flush=True); sys.exit(main())"
    words = [sys.executable, "-c", program, "export", "run.h5", "--to", "c", "--out", "project"]
    for attempt in range(12):
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            running.stdout.readline()
            time.sleep(0.3 + attempt / 30)
            running.send_signal(signal.SIGINT if attempt % 2 else signal.SIGKILL)
        assert files_in(here / "project") == whole
    works("export", "run.h5", "--to", "c", "--out", "project")
    assert [path for path in here.iterdir() if path.name.startswith(".embdistill")] == []


# ---- Sizes that no machine has


MANY = "1000000000"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*TRAIN, "--method", "encode+ensemble", "--teachers", MANY], f"--teachers {MANY}: must be at most 1000"),
        ([*TRAIN, "--threads", MANY], f"--threads {MANY}: must be from 1 to "),
        ([*TRAIN, "--folds", MANY], f"--folds {MANY}: more than the 40 examples; give fewer folds"),
        (
            [*TRAIN, "--folds", "9" * 6000],
            f"--folds {'9' * 36}: must be a whole number, at least 1, of at most 18 digits",
        ),
        ([*TRAIN, "--epochs", "9" * 6000], "--epochs 999"),
        ([*COMPARE, "--seeds", MANY], "6000000000 runs are asked for, and 100000 are the most"),
        ([*COMPARE, "--workers", MANY], f"--workers {MANY}: must be from 1 to "),
        ([*COMPARE, "--dims", MANY + "0"], f"--dims {MANY}0: must be at least 1, and below 2^31"),
        (["compare", *TRAIN[1:], "--out", "results", "--folds", MANY], "30000000000 runs are asked for"),
    ],
    ids=lambda value: value[-2] if isinstance(value, list) else "",
)
def test_absurd_sizes_are_a_line_each(fails, words, said):
    begun = time.process_time()
    assert fails(*words).startswith(said)
    assert time.process_time() - begun < 30  # before any work


def test_a_gzip_bomb_of_line_ends_as_vectors(fails, here):
    with gzip.open("bomb.gz", "wb", 9) as stream:
        stream.write((here / "vectors.txt").read_bytes())
        for _ in range(64):
            stream.write(b"\n" * (1 << 24))  # a gibibyte; a line at a time would take minutes
        stream.write(b"end\n")
    assert "bomb.gz:" in fails("vectors", "import", "bomb.gz", "--out", "new.h5")


def test_a_gzip_bomb_as_texts(fails, here, monkeypatch):
    monkeypatch.setattr(lines, "LARGEST", 1 << 26)
    with gzip.open("bomb.csv.gz", "wb", 9) as stream:
        stream.write(b"text,label\n")
        for _ in range(8):
            stream.write(b"\n" * (1 << 24))
    said = fails("train", "--data", "bomb.csv.gz", *TRAIN[3:])
    assert said == "bomb.csv.gz: holds more than 64 MiB of text; give fewer texts"


# ---- Loose ends


def test_settings_that_the_method_does_not_use_are_said(here, capsys):
    from embdistill.cli import main

    (here / "settings.toml").write_text("units = 7\n")
    words = ["--hidden", "3", "--temperature", "3", "--activation", "relu", "--config", "settings.toml"]
    assert main([*TRAIN, *SMALL, *words, "--out", "new.h5"]) == 0
    assert "not used by encode with cnn: --hidden, --temperature, --units\n" in capsys.readouterr().err
    assert main([*TRAIN, *SMALL, "--spellings", "3", "--correct", "false", "--out", "new.h5"]) == 0
    assert "not used by encode with cnn: --spellings\n" in capsys.readouterr().err
    assert main([*TRAIN, *SMALL, "--out", "new.h5"]) == 0
    assert "not used" not in capsys.readouterr().err


def test_an_edm_file_becomes_a_c_project_like_its_run(works, fails, here):
    for dtype in ("float32", "int8"):
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
    assert said == "--dtype float32: model.edm is int8; omit it, or name the run file that it was made from"
    assert fails("export", "model.edm", "--to", "c", "--out", "of_edm", "--flash", "64K").startswith("model.edm: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--methods", "encode,mystery"], "--methods mystery: 'mystery' is none of"),
        (["--methods", "pretrain"], "--methods pretrain: pretrain needs an encoder"),
        (["--dims", "4,3000000000"], "--dims 3000000000: must be at least 1"),
    ],
)
def test_compare_names_the_options_that_it_has(fails, words, said):
    assert fails(*COMPARE, *words).startswith(said)


@pytest.mark.parametrize("vectors", ["broken.txt", "vectors.txt"])
def test_a_hold_out_that_cannot_be_is_said_before_vectors_are_read(fails, here, vectors):
    (here / "broken.txt").write_text("lamp 1 2 3\nsong 1 2\n")
    (here / "two.txt").write_text("__label__a on\n__label__b off\n")
    (here / "single.txt").write_text("__label__a on\n" * 9 + "__label__b off\n")
    for words, said in {
        ("two.txt",): "too few training examples to hold out a dev part",
        ("two.txt", "--folds", "3"): "--folds 3: more than the 2 examples; give fewer folds",
        ("single.txt", "--folds", "3"): "--folds: all examples of class 'b' are in one fold; give more of them",
    }.items():
        found = fails("train", "--vectors", vectors, "--data", *words, late=True)  # behind a warning of them
        assert found.startswith(said)


def test_h_is_help(here):
    finished = process(here, "train", "-h")
    assert finished.returncode == 0 and b"--hidden" in finished.stderr + finished.stdout
    assert b"-h, --h" not in finished.stderr + finished.stdout


# ---- A compiler without its sanitizers


@pytest.mark.parametrize("ci", ["", "true"])
def test_tests_are_skipped_where_a_sanitizer_cannot_be_linked(tmp_path, monkeypatch, ci):
    compiler = tmp_path / "cc"
    compiler.write_text("#!/bin/sh\necho '/usr/bin/ld: cannot find libasan.so.8' >&2\nexit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CI", ci)
    expected = AssertionError if ci else pytest.skip.Exception
    with pytest.raises(expected, match=r"cannot find libasan\.so\.8"):
        c_helpers.sanitized(str(compiler), "-fsanitize=address")


def test_they_run_where_it_can(monkeypatch):
    assert c_helpers.sanitized(c_helpers.needed("gcc"), "-O1") == ("-O1",)


# ---- Pipes


def _piped(here, line):
    line = line.replace("embdistill", f"{sys.executable} -m embdistill")
    return subprocess.run(["bash", "-c", line], cwd=here, capture_output=True, text=True)


def test_what_train_reads_may_come_through_pipes(here):
    """Process substitution: each pipe can be read only once."""
    (here / "settings.toml").write_text("dim = 4\nfilters = 5\nepochs = 2\nunits = 9\n")
    (here / "vocab.txt").write_text("bright dark\n")
    pipes = (
        "--data <(cat texts.txt) --vectors <(cat vectors.txt) --vocab <(cat vocab.txt) --config <(cat settings.toml)"
    )
    finished = _piped(here, f"embdistill train {pipes} --out piped.h5")
    assert finished.returncode == 0 and "not used by encode with cnn: --units" in finished.stderr, finished.stderr
    files = pipes.replace("<(cat ", "").replace(")", "")
    assert _piped(here, f"embdistill train {files} --out read.h5").returncode == 0
    found = {name: json.loads(_piped(here, f"embdistill info {name}.h5 --json").stdout) for name in ("piped", "read")}
    assert found["piped"]["weights_sha256"] == found["read"]["weights_sha256"]
    digests = [[source["sha256"] for source in found[name]["inputs"]] for name in ("piped", "read")]
    assert digests[0] == digests[1] and len(digests[0]) == 3


def test_settings_of_a_comparison_may_too(here):
    more = "--methods direct --dims 4 --seeds 1 --config <(printf 'epochs=1\\nfilters=3\\n')"
    finished = _piped(here, f"embdistill {' '.join(COMPARE)} {more}")
    assert finished.returncode == 0, finished.stderr
    config = json.loads((here / "results" / "runs.jsonl").read_text())["config"]
    assert (config["epochs"], config["filters"]) == (1, 3)


@pytest.mark.parametrize("model", ["run.h5", "model.edm"])
@pytest.mark.parametrize("verb", ["predict", "info", "verify", "evaluate"])
def test_a_model_through_a_pipe_is_refused(here, works, model, verb):
    works("export", "run.h5", "--to", "edm", "--out", "model.edm")
    finished = _piped(
        here, f"embdistill {verb} <(cat {model}) {'--data texts.txt' if verb == 'evaluate' else ''} </dev/null"
    )
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr.endswith(": comes through a pipe, and has to be a file; save it as one\n")
    assert finished.stderr.count("\n") == 1


def test_vectors_do_not_replace_another_file(fails, here):
    (here / "thesis.docx").write_bytes(b"PK\3\4 my thesis")
    for out in ("thesis.docx", "run.h5"):
        said = fails("vectors", "import", "vectors.txt", "--out", out)
        assert said.endswith("and no vectors file; remove it, or choose another name for --out")
