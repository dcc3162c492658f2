"""Exports: the .edm image by an independent reader, and the same answers from C, ONNX and word2vec files."""

import json
import os
import shutil
import struct
import subprocess
import sys

import naive_edm
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from conftest import JIT_DISABLED
from embdistill import UserError
from embdistill.cli import main
from embdistill.data.corpora import read_corpus
from embdistill.data.tokenizer import Tokenizer
from embdistill.data.vocabulary import Vocabulary
from embdistill.export import word_index as index
from embdistill.export import write
from embdistill.export.edm import edm_bytes
from embdistill.export.matrices import quantise
from embdistill.export.onnx import onnx_inputs
from embdistill.model.classifier import Model
from embdistill.model.edm import EdmModel
from embdistill.model.networks.cnn import Cnn
from embdistill.model.networks.lstm import Lstm
from embdistill.model.networks.mean import Mean
from embdistill.model.run_file import save_run

NETWORKS = {
    "mean": Mean(50, 6, 200),
    "cnn": Cnn(50, 6, 100, (3, 4, 5)),
    "lstm": Lstm(20, 6, 30, "max"),
    "lstm_last": Lstm(20, 6, 30, "last"),
}
HARD = [
    "",
    "zzzq qqqz",
    "what",
    "what is the name " * 2_500,  # 10,000 tokens
    "what " * 10_000,
    b"what \xff\xfe is \xc3",
    "cafe\u0301 \u0301",
    "\0what\0is\0",
    "🎬🎬 what 👩‍👩‍👧",
]


def random_model(network, words) -> Model:
    """A model with weights that nobody trained."""
    rng = np.random.default_rng(0)
    values = {name: rng.normal(0, 0.2, shape).astype(np.float32) for name, shape in network.shapes().items()}
    table = rng.normal(0, 0.5, (len(words) + 1, network.dim)).astype(np.float32)
    labels = [f"class {c}" for c in range(network.classes)]
    record = {"method": "encode", "network": network.name, "dim": network.dim, "seed": 0}
    record |= {"dev": {"accuracy": 50.0}, "test": None}
    return Model(labels, Tokenizer(), Vocabulary(words), table, network, values, {"record": record, "format": "trec"})


@pytest.fixture(scope="module")
def texts(data) -> list[str | bytes]:
    """The test texts of TREC and SST-2, whole, and hard ones. In a line each; a NUL is white space."""
    corpora = [read_corpus(data / "trec/test.label"), read_corpus(data / "sst/test.txt", "sst2")]
    return [example.text for corpus in corpora for example in corpus.examples] + HARD


@pytest.fixture(scope="module")
def words(texts) -> list[str]:
    """Every second word of the texts, so that the others are unknown."""
    tokenizer = Tokenizer()
    distinct = sorted({token for text in texts for token in tokenizer(text)} - {"zzzq", "qqqz"})
    return [*dict.fromkeys(["what", "is", "the", "name", *distinct[::2]])]


@pytest.fixture(scope="module", params=NETWORKS)
def model(request, words) -> Model:
    return random_model(NETWORKS[request.param], words)


@pytest.fixture(scope="module")
def run_file(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "run.h5"
    save_run(path, model)
    return path


@pytest.fixture(scope="module")
def logits(model, texts):
    if JIT_DISABLED:
        pytest.skip("2,330 texts take long without the JIT")
    return model.logits(model.pack(texts))


# ---- .edm ----


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_an_image_says_what_the_model_is(model, dtype):
    image = edm_bytes(model, dtype)
    found = naive_edm.sections(image)
    assert image == edm_bytes(model, dtype)
    assert found["LABL"].decode().split("\0") == [*model.labels, ""]
    assert json.loads(found["META"])["weights_sha256"] == model.digest()
    assert struct.unpack("<2I", found["TOKN"]) == (0, 1)
    rows = [naive_edm.lookup(found["WORD"], word) for word in model.vocabulary.words[1:]]
    assert sorted(rows) == list(range(1, len(model.vocabulary)))
    assert len(found["WORD"]) == index.index_bytes(len(rows))
    assert struct.unpack("<3I", found["COMN"][:12]) == (0, rows[0], rows[1])

    tolerance = 0 if dtype == "float32" else 0.02
    first = {"Mean": "hidden", "Cnn": "conv", "Lstm": "lstm"}[type(model.network).__name__]
    shown = {
        "TABL": (model.table[np.argsort([0, *rows])], 0),
        "MAPW": (model.values[f"{first}.weight"].T, 1),
        "MAPB": (model.values[f"{first}.bias"][None], 0),
        "OUTW": (model.values["output.weight"], 0),
        "OUTB": (model.values["output.bias"][None], 0),
    }
    for name, (wanted, axis) in shown.items():
        np.testing.assert_allclose(naive_edm.matrix(found[name], axis), wanted, rtol=0, atol=tolerance)
    if first == "lstm":
        for name, wanted in zip(("RECF", "RECB"), model.values["lstm.recurrent"], strict=True):
            np.testing.assert_allclose(naive_edm.matrix(found[name], 1), wanted.T, rtol=0, atol=tolerance)


def test_unknown_words_have_row_0(model):
    section = naive_edm.sections(edm_bytes(model))["WORD"]
    assert [naive_edm.lookup(section, f"unheard{i}") for i in range(300)] == [0] * 300


@pytest.mark.parametrize("count", [1, 2, 31, 32, 33, 64, 20_000])
def test_word_indexes_of_any_size(count):
    words = [f"word{i}" for i in range(count)]
    section, order = index.index_words(words)
    assert len(section) == index.index_bytes(count) and sorted(order) == list(range(count))
    for place in {0, count // 2, count - 1}:
        assert naive_edm.lookup(section, words[order[place]]) == place + 1


def test_another_seed_where_words_collide(monkeypatch):
    honest = index.word_hashes

    def colliding(words, seed):
        return np.full(len(words), 7, np.uint64) if seed < 3 else honest(words, seed)

    monkeypatch.setattr(index, "word_hashes", colliding)
    section, order = index.index_words(["a", "b", "c"])
    assert struct.unpack_from("<2I", section) == (3, 3)
    assert [naive_edm.lookup(section, "abc"[i]) for i in order] == [1, 2, 3]


def test_words_twice_are_refused():
    with pytest.raises(ValueError, match="distinct"):
        index.index_words(["a", "a"])


FLOATS = st.floats(-(2.0**100), 2.0**100, width=32)


@given(arrays(np.float32, array_shapes(min_dims=2, max_dims=2, max_side=6), elements=FLOATS), st.integers(0, 1))
def test_the_bound_of_int8(values, axis):
    integers, scales, unit = quantise(values, axis)
    steps = np.expand_dims(scales * np.float64(unit), 1 - axis)
    in_c = integers * np.expand_dims(scales.astype(np.float32) * unit, 1 - axis)
    error = np.abs(in_c - values.astype(np.float64))
    assert np.all(error <= 0.501 * steps + 1e-6 * np.abs(values))
    largest = np.abs(values).max(axis=1 - axis, keepdims=True)
    assert np.all(steps <= largest / 127 + 1.001 * unit)
    assert np.all(scales >= 1) and np.isfinite(unit) and unit > 0


def test_labels_and_widths_that_no_image_holds(model):
    with pytest.raises(UserError, match="NUL"):
        edm_bytes(Model(**{**vars(model), "labels": ["a\0", *model.labels[1:]]}))
    many = random_model(Cnn(2, 2, 1, tuple(range(1, 10))), ["a"])
    with pytest.raises(UserError, match="9 widths"):
        edm_bytes(many)


# ---- the same answers everywhere ----


@pytest.fixture(scope="module", params=["gcc", "clang"])
def project(request, run_file, tmp_path_factory):
    """The C project of a model, and the compiler."""
    if shutil.which(request.param) is None and not os.environ.get("CI"):
        pytest.skip(f"{request.param} is not installed")
    folder = tmp_path_factory.mktemp("c") / "project"
    assert main(["export", str(run_file), "--to", "c", "--out", str(folder)]) == 0
    flags = "-O2 -Wall -Wextra -Wpedantic -Wdouble-promotion -Wconversion -Werror"
    subprocess.run(["make", "-s", "-C", folder, f"CC={request.param}", f"CFLAGS={flags}"], check=True)
    return folder


def test_c_program(project, model, texts, logits):
    lines = b"".join((text if isinstance(text, bytes) else text.encode()) + b"\n" for text in texts)
    done = subprocess.run([project / "classify", "--logits"], input=lines, capture_output=True, check=True)
    answers = [line.split("\t") for line in done.stdout.decode().splitlines()]
    np.testing.assert_allclose([list(map(float, answer[1:])) for answer in answers], logits, rtol=0, atol=1e-4)
    assert [answer[0] for answer in answers] == [model.labels[c] for c in logits.argmax(axis=1)]


def test_edm_from_python(model, texts, logits):
    found = EdmModel(edm_bytes(model)).predict_logits(texts)
    np.testing.assert_allclose(found, logits, rtol=0, atol=1e-4)
    assert np.array_equal(found.argmax(axis=1), logits.argmax(axis=1))


def onnx_logits(path, packed_batches):
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, onnx_inputs(packed))[0] for packed in packed_batches])


def test_onnx(run_file, model, texts, logits, tmp_path):
    import onnx

    path = tmp_path / "model.onnx"
    assert main(["export", str(run_file), "--to", "onnx", "--out", str(path)]) == 0
    found = onnx_logits(path, (model.pack(texts[i : i + 64]) for i in range(0, len(texts), 64)))
    np.testing.assert_allclose(found, logits, rtol=0, atol=1e-4)
    assert np.array_equal(found.argmax(axis=1), logits.argmax(axis=1))
    metadata = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert json.loads(metadata["labels"]) == model.labels
    assert metadata["words"].split("\n") == model.vocabulary.words
    assert json.loads(metadata["tokenizer"]) == {"split": "english", "lowercase": True}


@pytest.mark.parametrize("network", [Cnn(9, 4, 7, (2, 3), 5, 6), Lstm(9, 4, 7, "last", 5, 6)])
def test_onnx_of_relations(network, tmp_path):
    model = random_model(network, "the lamp is on a table".split())
    save_run(tmp_path / "run.h5", model)
    write(tmp_path / "run.h5", "onnx", tmp_path / "model.onnx")
    marked = ["<e1>the lamp</e1> is on <e2>a table</e2>", "on " * 20 + "<e2>lamp</e2> zzz <e1>table</e1>" + " is" * 9]
    packed = model.pack(marked)
    np.testing.assert_allclose(onnx_logits(tmp_path / "model.onnx", [packed]), model.logits(packed), atol=1e-5)


def test_word2vec(run_file, model, tmp_path, capsys):
    from gensim.models import KeyedVectors

    path = tmp_path / "table.txt"
    assert main(["export", str(run_file), "--to", "word2vec", "--out", str(path)]) == 0
    loaded = KeyedVectors.load_word2vec_format(str(path))
    assert loaded.index_to_key == model.vocabulary.words
    assert np.array_equal(loaded.vectors, model.table)
    assert main(["vectors", "info", str(path)]) == 0
    assert f"words: {len(model.vocabulary)}" in capsys.readouterr().out


# ---- what goes wrong ----


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "run.h5"
    save_run(path, random_model(Mean(3, 2, 4), ["lamp", "a b"]))
    return path


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "--to"),
        (["--to", "tflite"], "must be one of edm, c, onnx, word2vec"),
        (["--to", "edm"], "--out is missing"),
        (["--to", "edm", "--out", "m.edm", "--dtype", "int4"], "float32 or int8"),
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
    (tmp_path / "m.edm").write_bytes(edm_bytes(random_model(Mean(3, 2, 4), ["lamp"])))
    assert main(["export", str(tmp_path / "m.edm"), "--to", "c", "--out", str(tmp_path / "c")]) == 2
    assert capsys.readouterr().err.count("\n") == 1 and not (tmp_path / "c").exists()


def test_without_onnx(small, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert main(["export", str(small), "--to", "onnx", "--out", str(small.parent / "m.onnx")]) == 2
    assert "pip install 'embdistill[onnx]'" in capsys.readouterr().err


def test_a_project_is_replaced(small):
    folder = small.parent / "project"
    for dtype in ("float32", "int8"):
        assert main(["export", str(small), "--to", "c", "--out", str(folder), "--dtype", dtype]) == 0
        assert sorted(os.listdir(folder)) == [
            "Makefile",
            "embdistill.c",
            "embdistill.h",
            "main.c",
            "model_data.c",
            "model_data.h",
        ]
    assert sorted(os.listdir(small.parent)) == ["project", "run.h5"]
