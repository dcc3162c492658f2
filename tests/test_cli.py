"""The command line as a user meets it: verbs, outputs, JSON, progress, byte-identical runs."""

import json
import os
import pty
import subprocess
import sys
import termios

import numba
import pytest

from embdistill import load
from embdistill.cli import main
from embdistill.model.config import Config

SMALL = ["--dim", "4", "--filters", "5", "--epochs", "2", "--batch", "8"]


def command(*words, cwd, stdin=b""):
    """Standard output and standard error of `python -m embdistill WORDS`, which must end well."""
    finished = subprocess.run(
        [sys.executable, "-m", "embdistill", *map(str, words)], cwd=cwd, input=stdin, capture_output=True
    )
    assert finished.returncode == 0, finished.stderr.decode()
    return finished.stdout.decode(), finished.stderr.decode()


@pytest.fixture(scope="module")
def trained(few_texts, few_vectors, tmp_path_factory):
    """A run file, and the JSON record of its training."""
    out = tmp_path_factory.mktemp("trained") / "run.h5"
    words = ["--data", few_texts, "--test", few_texts, "--vectors", few_vectors, "--out", out, *SMALL, "--json"]
    stdout, _ = command("train", *words, cwd=out.parent)
    return out, json.loads(stdout.splitlines()[-1])


def test_train_json_has_all_that_is_promised(trained):
    out, record = trained
    assert {"method", "network", "dim", "seed", "classes", "vocabulary", "epochs", "out"} <= record.keys()
    assert record["bytes"].keys() == {"table", "network", "total"}
    assert record["seconds"].keys() == {"train", "teachers", "epoch"} and record["microseconds"]["predict"] > 0
    assert record["test"].keys() == record["dev"].keys() == {"accuracy", "macro_f1", "per_class", "confusion"}
    assert record["test"]["per_class"].keys() == {"light", "music"}
    assert sum(map(sum, record["test"]["confusion"])) == 40
    assert record["config"]["filters"] == 5 and Config(**record["config"]).as_dict() == record["config"]
    assert (record["method"], record["network"], record["dim"], record["seed"]) == ("encode", "cnn", 4, 0)
    assert record["classes"] == 2 and record["epochs"] == 2 and record["out"] == str(out)
    assert record["bytes"]["table"] == record["vocabulary"] * 4 * 4


def test_same_command_same_weights(trained, few_texts, few_vectors, tmp_path):
    command("train", "--data", few_texts, "--vectors", few_vectors, "--out", "again.h5", *SMALL, cwd=tmp_path)
    assert load(tmp_path / "again.h5").digest() == load(trained[0]).digest()


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="without the JIT no thread shares anything")
@pytest.mark.parametrize("network", ["mean", "cnn", "lstm"])
@pytest.mark.parametrize("method", ["encode", "large"])
def test_the_number_of_threads_does_not_change_the_weights(tmp_path, network, method):
    # Batches and vocabulary are large enough to be cut into pieces, so that there is something to share.
    sizes = ["--method", method, "--network", network, "--dim", "20", "--epochs", "1", "--batch", "100"]
    digests = set()
    for count in {1, numba.config.NUMBA_NUM_THREADS}:
        command("train", *sizes, "--threads", count, "--out", f"{count}.h5", cwd=tmp_path)
        digests.add(load(tmp_path / f"{count}.h5").digest())
    assert len(digests) == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_under_the_output_is_said_in_one_line(trained):
    with open("/dev/full", "wb") as full:
        words = [sys.executable, "-m", "embdistill", "predict", str(trained[0])]
        finished = subprocess.run(words, input=b"play a song\n", stdout=full, stderr=subprocess.PIPE)
    assert finished.returncode == 2
    assert (
        finished.stderr
        == b"embdistill: standard output cannot be written (No space left on device); make room for it\n"
    )


def test_predict_answers_a_slow_stream_line_by_line(trained, tmp_path):
    words = [sys.executable, "-m", "embdistill", "predict", str(trained[0])]
    with subprocess.Popen(words, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        for text in (b"turn the lamp on\n", b"play a song\n"):
            process.stdin.write(text)
            process.stdin.flush()
            assert process.stdout.readline().count(b"\t") == 1  # before the next line is sent
        process.stdin.close()


def test_without_out_the_model_is_run_h5(few_texts, few_vectors, tmp_path):
    stdout, _ = command("train", "--data", few_texts, "--vectors", few_vectors, *SMALL, cwd=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["run.h5"]
    assert stdout.splitlines()[-1] == "saved: run.h5"
    header, line = stdout.splitlines()[:2]
    assert header.split()[0] == "method" and line.split()[:3] == ["encode", "cnn", "4"]


def test_evaluate_gives_the_scores_of_training(trained, few_texts, tmp_path):
    out, record = trained
    stdout, _ = command("evaluate", out, "--data", few_texts, "--json", cwd=tmp_path)
    scores = json.loads(stdout)
    assert (scores["accuracy"], scores["macro_f1"]) == (record["test"]["accuracy"], record["test"]["macro_f1"])
    stdout, _ = command("evaluate", out, "--data", few_texts, cwd=tmp_path)
    assert f"accuracy {record['test']['accuracy']:.2f} %" in stdout


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


def test_predict_into_a_pipe_that_closes(trained, tmp_path):
    script = f"yes 'play a song' | head -5000 | {sys.executable} -m embdistill predict {trained[0]} | head -1"
    finished = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert finished.stdout.count("\n") == 1 and finished.stderr == ""


def test_info_and_verify(trained, tmp_path):
    stdout, _ = command("info", trained[0], "--json", cwd=tmp_path)
    facts = json.loads(stdout)
    assert facts["labels"] == ["light", "music"] and facts["config"]["filters"] == 5
    assert facts["weights"]["table"] == [trained[1]["vocabulary"], 4]
    assert facts["weights_sha256"] == load(trained[0]).digest()
    assert {len(file["sha256"]) for file in facts["inputs"]} == {64}
    assert len(facts["history"]) == 2
    stdout, _ = command("info", trained[0], cwd=tmp_path)
    assert "config:" in stdout and "vocabulary:" in stdout
    assert command("verify", trained[0], cwd=tmp_path)[0] == f"{trained[0]}: sound run file\n"


def test_vectors(few_vectors, tmp_path, capsys):
    out = str(tmp_path / "few.h5")
    assert main(["vectors", "import", str(few_vectors), "--out", out, "--licence", "CC0", "--note", "made up"]) == 0
    assert "60 words x 8, float32" in capsys.readouterr().out
    assert main(["vectors", "info", out, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["words"], facts["dim"], facts["about"]["licence"], facts["about"]["note"]) == (
        60,
        8,
        "CC0",
        "made up",
    )
    assert main(["vectors", "neighbors", out, "lamp", "--count", "3"]) == 0
    from_hdf5 = capsys.readouterr().out
    assert main(["vectors", "neighbors", str(few_vectors), "lamp", "--count", "3"]) == 0
    assert capsys.readouterr().out == from_hdf5 and from_hdf5.count("\n") == 3
    assert main(["info", out]) == 0 and "made up" in capsys.readouterr().out
    assert main(["verify", out]) == 0 and "sound vectors file" in capsys.readouterr().out


def test_help_names_every_setting(tmp_path):
    finished = subprocess.run(
        [sys.executable, "-m", "embdistill", "train", "--help"], cwd=tmp_path, capture_output=True, text=True
    )
    text = finished.stdout + finished.stderr
    assert finished.returncode == 0
    for option in ("data", "vectors", "resume", "dim", "dropout", "patience", "lowercase"):
        assert option in text


def test_progress_lines_go_to_standard_error(few_texts, few_vectors, tmp_path):
    stdout, stderr = command("train", "--data", few_texts, "--vectors", few_vectors, *SMALL, "--json", cwd=tmp_path)
    assert stdout.count("\n") == 1
    assert "epoch 1/2, loss" in stderr and "epoch 2/2, loss" in stderr and "dev" in stderr


def on_a_terminal(words, cwd, **environment):
    """What `python -m embdistill WORDS` writes to a terminal."""
    reader, writer = pty.openpty()
    termios.tcsetwinsize(writer, (24, 120))
    arguments = [sys.executable, "-m", "embdistill", *map(str, words)]
    with subprocess.Popen(arguments, cwd=cwd, stdout=writer, stderr=writer, env=os.environ | environment) as process:
        os.close(writer)
        shown = b""
        while True:
            try:
                block = os.read(reader, 4096)
            except OSError:  # the other end of the terminal is closed
                break
            if not block:
                break
            shown += block
    os.close(reader)
    assert process.returncode == 0, shown.decode()
    return shown.decode()


def test_bar_on_a_terminal(few_texts, few_vectors, tmp_path):
    words = ["train", "--data", few_texts, "--vectors", few_vectors, *SMALL, "--epochs", "30", "--patience", "30"]
    shown = on_a_terminal(words, tmp_path)
    assert "100%" in shown and "left" in shown and "loss" in shown and "dev" in shown


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled without the JIT")
def test_first_run_says_that_it_compiles(few_texts, few_vectors, tmp_path):
    words = ["train", "--data", few_texts, "--vectors", few_vectors, *SMALL, "--network", "mean", "--hidden", "3"]
    cold = on_a_terminal(words, tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    assert "first run: compiling the kernels" in cold and "mean_forward" in cold
    warm = on_a_terminal(words, tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    assert "compiling" not in warm


def test_file_names_that_look_like_python_values(few_texts, few_vectors, tmp_path):
    (tmp_path / "2020").write_bytes(few_texts.read_bytes())
    (tmp_path / "None").write_bytes(few_vectors.read_bytes())
    words = ["--data", "2020", "--vectors", "None", "--out", "1e5", *SMALL]
    command("train", *words, cwd=tmp_path)
    assert command("verify", "1e5", cwd=tmp_path)[0] == "1e5: sound run file\n"


@pytest.fixture
def comparison(few_texts, few_vectors):
    """The words of a comparison that takes a moment."""
    words = ["compare", "--data", few_texts, "--test", few_texts, "--vectors", few_vectors, "--network", "mean"]
    return [*map(str, words), "--epochs", "2", "--batch", "8", "--hidden", "6", "--out", "cmp"]


def test_compare_as_a_user_meets_it(comparison, tmp_path):
    words = [*comparison, "--methods", "large,direct,encode", "--dims", "4,2", "--seeds", "2"]
    stdout, stderr = command(*words, cwd=tmp_path)
    assert stdout.startswith("| method") and stderr.count(" test ") == 10
    rows = [[cell.strip() for cell in line.split("|")[1:4]] for line in stdout.splitlines()[2:7]]
    large, *small = rows
    assert large == ["large", "mean", "8"] and [row[0] for row in small] == ["direct", "direct", "encode", "encode"]
    stdout, stderr = command(*words, "--json", cwd=tmp_path)
    found = json.loads(stdout.splitlines()[-1])
    assert "10 of 10 runs are there already" in stderr
    assert (len(found["runs"]), len(found["summary"])) == (10, 5)
    assert found["runs"] == json.loads((tmp_path / "cmp" / "results.json").read_text())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--method", "encode"], "unknown option --method of compare; did you mean --methods?"),
        (["--config", "dim.toml"], "dim.toml: dim is not for compare; take it out and give --dims"),
        (["--dims", "4,0"], "--dims 0: must be a whole number from 1 on"),
        (["--folds", "3"], "--test does not go with --folds"),
        (
            ["--methods", "direct", "--dims", "4,2", "--small-vectors", "small.txt"],
            "--small-vectors have one dimension",
        ),
        (["--methods", "encode,encod"], "did you mean encode?"),
        (["--seeds", "0"], "--seeds 0: must be a whole number from 1 on"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_compare_refuses(comparison, words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dim.toml").write_text("dim = 4\n")
    assert main([*comparison, *words]) == 2
    errors = capsys.readouterr().err
    assert said in errors and errors.count("\n") == 1 and not (tmp_path / "cmp").exists()


def test_compare_starts_direct_from_small_vectors(comparison, few_vectors, tmp_path):
    lines = [" ".join(line.split()[:4]) for line in few_vectors.read_text().splitlines()]
    (tmp_path / "small.txt").write_text("\n".join(lines) + "\n")
    words = ["--methods", "direct,encode", "--dims", "3", "--seeds", "1", "--small-vectors", "small.txt", "--json"]
    stdout, _ = command(*comparison, *words, cwd=tmp_path)
    assert [run["dim"] for run in json.loads(stdout.splitlines()[-1])["runs"]] == [3, 3]
