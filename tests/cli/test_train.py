"""The verb train: its JSON, its files, its progress, byte-identical runs."""

import os
import pty
import subprocess
import sys
import termios

import numba
import pytest

from cli_helpers import SMALL, command
from conftest import JIT_DISABLED
from embdistill import load
from embdistill.model.config import Config


def test_train_json_has_all_that_is_promised(trained):
    out, record = trained
    assert {"method", "network", "dim", "seed", "classes", "vocabulary", "epochs", "out"} <= record.keys()
    assert record["bytes"].keys() == {"table", "network", "correction", "spellings", "subwords", "total"}
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


@pytest.mark.skipif(JIT_DISABLED, reason="without the JIT no thread shares anything")
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


def test_without_out_the_model_is_run_h5(few_texts, few_vectors, tmp_path):
    stdout, _ = command("train", "--data", few_texts, "--vectors", few_vectors, *SMALL, cwd=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["run.h5"]
    assert stdout.splitlines()[-1] == "saved: run.h5"
    header, line = stdout.splitlines()[:2]
    assert header.split()[0] == "method" and line.split()[:3] == ["encode", "cnn", "4"]


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
    words = ["train", "--data", few_texts, "--vectors", few_vectors, *SMALL[:4], "--epochs", "30", "--patience", "30"]
    shown = on_a_terminal(words, tmp_path)
    assert "100%" in shown and "left" in shown and "loss" in shown and "dev" in shown


@pytest.mark.skipif(JIT_DISABLED, reason="nothing is compiled without the JIT")
def test_first_run_says_that_it_compiles(few_texts, few_vectors, tmp_path):
    words = ["train", "--data", few_texts, "--vectors", few_vectors, *SMALL, "--network", "mean", "--hidden", "3"]
    cold = on_a_terminal(words, tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    assert "first run: compiling the kernels" in cold and "mean_forward" in cold
    warm = on_a_terminal(words, tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    assert "compiling" not in warm


def test_the_name_of_the_unknown_word_may_stand_in_corpus_and_vectors(works, here):
    """Language-model corpora and vectors trained with GloVe have a word `<unk>`."""
    texts = (here / "texts.txt").read_text().replace("word0", "<unk>")
    (here / "unk.txt").write_text(texts)
    (here / "unk.vec").write_text((here / "vectors.txt").read_text() + "<unk> 1 2 3 4 5 6 7 8\n")
    command = ["train", "--data", "unk.txt", "--vectors", "unk.vec", "--split", "whitespace", *SMALL]
    works(*command, "--out", "new.h5")
    works("verify", "new.h5")


def test_texts_without_words_are_trained_on(works, here):
    (here / "odd.txt").write_bytes((here / "texts.txt").read_bytes() + b"__label__light\n__label__music \xff\xfe\n")
    works("train", "--data", "odd.txt", "--vectors", "vectors.txt", *SMALL, "--out", "new.h5")
    works("verify", "new.h5")
