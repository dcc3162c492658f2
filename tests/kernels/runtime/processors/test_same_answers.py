"""The same answers on every processor, from raw text to the bits of the logits; on an Uno, test_uno.py."""

import random
from functools import cache

import numpy as np
import pytest

from c_helpers import needed
from conftest import put
from embdistill.data.corpora import read_corpus
from embdistill.data.corpora.layout import DEFAULT_LAYOUT, Layout
from embdistill.data.prepare import prepare
from embdistill.export.c import write_c
from embdistill.export.edm import edm_bytes
from embdistill.model.config import Config
from embdistill.model.edm import EdmModel
from embdistill.training.experiment import run
from processors.programs import answer
from processors.targets import TARGETS, UNO

MODELS = {"mean": "TREC", "cnn": "TREC", "lstm": "TREC", "relations": "SemEval", "cnn int4": "TREC"}
TRAINING = {"TREC": "trec/train.label", "SemEval": "semeval2010_task8/TRAIN_FILE.TXT"}
# An odd number of rows, of which Helium takes eight at once, and another loop the others.
SMALL = dict(dim=19, epochs=1, hidden=12, filters=5, units=4, position_dim=3, words=1000, subwords=256)
LIMITS = dict(tokens=10_500, text_bytes=60_000)


def hard_texts() -> list[bytes]:
    """Empty, long, of all of Unicode, and of bytes that are not; without LF."""
    codes = [code for code in range(0x21, 0x110000, 251) if not 0xD800 <= code < 0xE000]
    planes = ["".join(map(chr, codes[i : i + 150])) for i in range(0, len(codes), 150)]
    marks = ["cafe\u0301 u\u0308ber \u1112\u1161\u11ab", "a" + "\u0323\u0301" * 20, "la\xadmp \u200d", "L’HOMME l'ami"]
    words = ["x" * 255, "x" * 256, "x" * 257, "é" * 128 + "x", "q" * 256 + " " + "r" * 300]
    long = ["what is it " * 3334, "zzz " * 10_000, "我的快递包裹到哪里了" * 200]
    noise = random.Random(0)
    invalid = [noise.randbytes(200).replace(b"\n", b"") for _ in range(10)]
    letters = [b"a", b"Q", b"\xc3\xa9", b"\xe9", b"\xff", b"\0", b".", b" "]
    return [b"", *letters, *invalid, *(text.encode() for text in [*planes, *marks, *words, *long])]


HARD = hard_texts()
MARKED = [
    b"on <e1>the lamp</e1> " + text + b" <e2>a song " + text + b" off</e2>" for text in HARD if len(text) < 20_000
]


@pytest.fixture(scope="session")
def models(data, tmp_path_factory):
    """Gives the C project of each model, int8 unless its name says so, and the same model in Python."""

    @cache
    def trained(name):
        corpus, vectors = MODELS[name], data / "vectors/vectors.300d.txt.gz"
        lines = (data / TRAINING[corpus]).read_bytes().splitlines(keepends=True)
        few = put(tmp_path_factory.mktemp("texts"), b"".join(lines[:1000]))
        network, _, dtype = name.partition(" ")
        config = Config(network="cnn" if corpus == "SemEval" else network, **SMALL)
        image = edm_bytes(run(prepare(few, None, None, vectors, config), config).model, dtype or "int8")
        project = tmp_path_factory.mktemp("c")
        write_c(project, image)
        return project, EdmModel(image)

    return trained


@pytest.fixture(scope="session")
def texts(data):
    """The test part of TREC, some of banking77's, and hard texts; for a model of relations, texts of SemEval."""

    def some(path, count, layout=DEFAULT_LAYOUT):
        examples = read_corpus(data / path, layout=layout).examples[:count]
        assert len(examples) == count
        return [example.text.encode() for example in examples]

    trec = some("trec/test.label", 500)
    banking = some("banking77/test.csv", 300, Layout(label_column="category"))
    relations = some("semeval2010_task8/TEST_FILE_FULL.TXT", 100)
    return {"TREC": [*trec, *banking, *HARD], "SemEval": [*relations, *MARKED, *HARD[:3]]}


@pytest.fixture(scope="session")
def expected(models, texts):
    """Gives what the model in Python answers to its texts: which are refused, labels and bits of the others."""

    @cache
    def expected(name):
        _, model = models(name)
        refused = [model.relations and b"<e1>" not in text for text in texts[MODELS[name]]]
        answered = [text for text, no in zip(texts[MODELS[name]], refused, strict=True) if not no]
        return refused, model.predict(answered), model.predict_logits(answered).tobytes()

    return expected


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("cpu", [cpu for cpu in TARGETS if cpu != UNO])
def test_the_same_answers_on_every_processor(models, texts, expected, cpu, name):
    for tool in TARGETS[cpu].tools:
        needed(tool, TARGETS[cpu].packages)
    answers = answer(models(name)[0], texts[MODELS[name]], cpu, **LIMITS)
    labels, logits = zip(*(answer for answer in answers if not isinstance(answer, str)), strict=True)
    refused = [isinstance(answer, str) for answer in answers]
    assert (refused, list(labels), np.asarray(logits, np.float32).tobytes()) == expected(name)
