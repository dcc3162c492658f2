"""The networks in C: the logits of the model that an image was made of, on hard texts and on whole test sets."""

import numpy as np
import pytest

from embdistill.data.corpora import read_corpus
from embdistill.data.prepare import prepare
from embdistill.data.typos import Typos
from embdistill.export.edm import edm_bytes
from embdistill.model.config import Config
from embdistill.model.edm import EdmModel
from embdistill.training.experiment import run
from model_helpers import CLOSE, HARD, made_for


def test_hard_texts(pair):
    model, edm = pair
    texts = made_for(model, HARD)
    np.testing.assert_allclose(edm.predict_logits(texts), model.logits(model.pack(texts)), **CLOSE)
    np.testing.assert_allclose(edm.predict_proba(texts), model.predict_proba(texts), **CLOSE)
    assert edm.predict(texts) == model.predict(texts)
    rows, known = edm.logits_and_known(texts)
    expected, expected_known = model.logits_and_known(texts)
    np.testing.assert_allclose(rows, expected, **CLOSE)
    assert known == expected_known


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """Trains quickly, once for each corpus and network; gives the model and the texts and labels of the test part.

    TREC is learned well enough to see what int8 loses, of the others only the first examples.
    """
    files = {
        "trec": ("trec/train.label", "trec/test.label", "trec"),
        "sst2": ("sst/train.txt", "sst/test.txt", "sst2"),
        "semeval": ("semeval2010_task8/TRAIN_FILE.TXT", "semeval2010_task8/TEST_FILE_FULL.TXT", "semeval"),
    }
    made = {}

    def trained(corpus, network):
        train, test, format = files[corpus]
        if (corpus, network) not in made:
            config = Config(network=network, epochs=4, subwords=256)
            if corpus != "trec":
                train = _head(data / train, corpus, tmp_path_factory.mktemp("head"))
            dataset = prepare(data / train, None, None, data / "vectors/vectors.300d.txt.gz", config, format)
            made[corpus, network] = run(dataset, config).model
        examples = read_corpus(data / test, format).examples
        return made[corpus, network], [e.text for e in examples], [e.label for e in examples]

    return trained


def _head(path, corpus, folder):
    """The first examples of a file."""
    lines = path.read_bytes().splitlines(keepends=True)
    (folder / path.name).write_bytes(b"".join(lines[: 1600 if corpus == "semeval" else 400]))
    return folder / path.name


CORPORA = [("trec", "mean"), ("trec", "cnn"), ("trec", "lstm"), ("sst2", "mean"), ("sst2", "cnn"), ("sst2", "lstm")]
CORPORA += [("semeval", "cnn"), ("semeval", "lstm")]


@pytest.mark.parametrize(("corpus", "network"), CORPORA)
def test_whole_test_sets(trained, corpus, network):
    """Also with typing errors."""
    model, texts, _ = trained(corpus, network)
    assert len(texts) == {"trec": 500, "sst2": 1821, "semeval": 2717}[corpus]
    mistyped, _, edited = Typos(0.2)(texts)
    assert edited > 50
    texts = texts + mistyped
    edm = EdmModel(edm_bytes(model, "float32"))
    expected = model.logits(model.pack(texts))
    np.testing.assert_allclose(edm.predict_logits(texts), expected, **CLOSE)
    assert edm.predict(texts) == [model.labels[c] for c in expected.argmax(axis=1)]
    assert edm.logits_and_known(texts)[1] == model.logits_and_known(texts)[1]
    precomputed = EdmModel(edm_bytes(model, "float32"), precompute=1000)
    np.testing.assert_allclose(precomputed.predict_logits(texts), expected, **CLOSE)


@pytest.mark.parametrize("network", ["mean", "cnn", "lstm"])
def test_int8_loses_at_most_half_a_point(trained, network):
    model, texts, labels = trained("trec", network)
    exact, small = (EdmModel(edm_bytes(model, dtype)) for dtype in ("float32", "int8"))
    assert small.bytes["table"] < 0.3 * exact.bytes["table"]
    right = [sum(map(str.__eq__, edm.predict(texts), labels)) for edm in (exact, small)]
    assert right[0] > 0.75 * len(texts)
    assert right[1] >= right[0] - 0.005 * len(texts)
