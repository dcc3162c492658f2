"""The program of a C project compiles without a warning and answers as `predict` does."""

import os
import subprocess

import numpy as np
import pytest

from c_helpers import WARNINGS, sanitized
from embdistill.export.c import write_c
from embdistill.export.edm import edm_bytes
from embdistill.model.edm import EdmModel
from embdistill.model.networks.cnn import Cnn
from embdistill.model.networks.mean import Mean
from model_helpers import POSITIONS, random_model

SANITIZERS = "-fsanitize=address,undefined"
FLAGS = " ".join(["-O2", *WARNINGS, "-g", SANITIZERS, "-fno-sanitize-recover=all"])
UNKNOWN = b"1 of 8 texts have no word that the model knows\n"
TEXTS = [
    b"turn the LAMP on, don't play a song",
    b"zzz qqq",
    b"\0lamp\0\0on\0",
    b"caf\xe9 \xff lamp \xc3",
    "cafe\u0301 💡 lamp".encode(),
    b"lamp " * 10_000,
    b"lamp\r",
    b"the last line, without LF",
]


@pytest.fixture(scope="module")
def made(compiler, tmp_path_factory):
    """Makes a model of a network with random weights, and its program, compiled with the sanitizers."""

    def made(network):
        image = edm_bytes(random_model(network))
        folder = tmp_path_factory.mktemp("project")
        write_c(folder, image)
        sanitized(compiler, SANITIZERS)
        words = ["make", f"CC={compiler}", f"CFLAGS={FLAGS}", f"LDFLAGS={SANITIZERS}"]
        subprocess.run(words, cwd=folder, check=True)
        return EdmModel(image), folder / "classify"

    return made


@pytest.fixture(scope="module")
def cnn(made):
    return made(Cnn(dim=7, classes=3, filters=5, widths=(1, 3)))


def classify(program, *words, texts=b""):
    return subprocess.run([program, *words], input=texts, capture_output=True)


def test_label_and_probability(cnn):
    model, program = cnn
    done = classify(program, texts=b"\n".join(TEXTS))
    lines = [line.split("\t") for line in done.stdout.decode().splitlines()]
    assert [label for label, _ in lines] == model.predict(TEXTS)
    assert all(len(probability.split(".")[1]) == 6 for _, probability in lines)
    expected = model.predict_proba(TEXTS).max(1)
    np.testing.assert_allclose([float(value) for _, value in lines], expected, rtol=0, atol=2e-6)
    assert (done.returncode, done.stderr) == (0, UNKNOWN)


def test_logits(cnn):
    model, program = cnn
    done = classify(program, "--logits", texts=b"\n".join(TEXTS) + b"\n")
    lines = [line.split("\t") for line in done.stdout.decode().splitlines()]
    logits = [[float(value) for value in values] for _, *values in lines]
    np.testing.assert_allclose(logits, model.predict_logits(TEXTS), rtol=0, atol=1e-4)
    assert [label for label, *_ in lines] == model.predict(TEXTS)
    assert (done.returncode, done.stderr) == (0, UNKNOWN)


@pytest.mark.parametrize(("texts", "lines"), [(b"", 0), (b"\n", 1), (b"lamp", 1), (b"lamp\n", 1), (b"\n\nlamp", 3)])
def test_a_line_each(cnn, texts, lines):
    _, program = cnn
    assert len(classify(program, texts=texts).stdout.splitlines()) == lines


def test_a_slow_stream_is_answered_line_by_line(cnn):
    _, program = cnn
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        for text in (b"turn the lamp on\n", b"play a song\n"):
            running.stdin.write(text)
            running.stdin.flush()
            assert running.stdout.readline().count(b"\t") == 1
        running.stdin.close()
        assert running.wait() == 0


def test_relations(made):
    model, program = made(Cnn(dim=7, classes=3, filters=5, widths=(1, 3), **POSITIONS))
    texts = [b"turn <e1>the lamp</e1> <e2>on</e2>", b"<e2>a</e2> lamp <e1>on</e1>", b"the lamp", b"never read"]
    done = classify(program, texts=b"\n".join(texts))
    assert [line.split("\t")[0] for line in done.stdout.decode().splitlines()] == model.predict(texts[:2])
    assert done.returncode == 2
    assert done.stderr.startswith(b"embdistill: line 3: the entities are not marked")
    assert done.stderr.count(b"\n") == 1


def test_what_goes_wrong_is_said(made):
    _, program = made(Mean(dim=7, classes=3, hidden=5))
    done = classify(program, "--json")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"usage: ")
    with open("/dev/full", "wb") as full:
        done = subprocess.run([program], input=b"lamp\n", stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (1, b"embdistill: standard output cannot be written\n")
    folder = os.open(program.parent, os.O_RDONLY)  # reading it fails
    done = subprocess.run([program], stdin=folder, capture_output=True)
    os.close(folder)
    assert (done.returncode, done.stderr) == (2, b"embdistill: standard input cannot be read\n")


def test_a_damaged_model_is_refused(made, compiler):
    _, program = made(Mean(dim=7, classes=3, hidden=5))
    data = program.parent / "model_data.c"
    data.write_text(_with_a_bit_changed(data.read_text()))
    subprocess.run(["make", f"CC={compiler}", "clean", "classify"], cwd=program.parent, check=True)
    done = classify(program, texts=b"lamp\n")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"embdistill: model_data.c: damaged")


def _with_a_bit_changed(source):
    first, *rest = source.split("0x")
    middle = len(rest) // 2
    rest[middle] = f"{int(rest[middle][:8], 16) ^ 1:08x}" + rest[middle][8:]
    return "0x".join([first, *rest])
