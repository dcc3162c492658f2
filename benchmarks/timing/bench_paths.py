"""The main paths on the sentences of the built-in demo: reading, tokenising, one epoch of each network, predicting.

Run: pytest benchmarks/timing/bench_paths.py
"""

import numpy as np
import pytest

from embdistill.data.corpora import read_corpus
from embdistill.data.prepare import prepare
from embdistill.data.tokenizer import Tokenizer
from embdistill.data.vectors import load_vectors, open_vectors
from embdistill.demo import FOLDER, TEST, VECTORS
from embdistill.model.config import Config
from embdistill.training.experiment import run
from embdistill.training.learner import build_learner


@pytest.fixture(scope="module")
def dataset():
    return prepare(FOLDER / "train.txt", FOLDER / "dev.txt", TEST, VECTORS, Config())


def test_read_corpus(benchmark):
    assert len(read_corpus(FOLDER / "train.txt").examples) == 1150
    benchmark(read_corpus, FOLDER / "train.txt")


def test_tokenise(benchmark):
    texts = [example.text for example in read_corpus(FOLDER / "train.txt").examples]
    tokenizer = Tokenizer()
    assert tokenizer("it's dark") == ["it", "'s", "dark"]
    benchmark(lambda: [tokenizer(text) for text in texts])


def test_load_vectors(benchmark):
    words, vectors = load_vectors(open_vectors(VECTORS))
    assert len(words) == len(vectors) and np.isfinite(vectors).all()
    benchmark(lambda: load_vectors(open_vectors(VECTORS)))


@pytest.mark.parametrize("method", ["large", "direct", "encode", "encode2"])
@pytest.mark.parametrize("network", ["mean", "cnn", "lstm"])
def test_epoch(benchmark, dataset, network, method):
    config = Config(network=network, method=method)
    learner = build_learner(dataset.vectors, len(dataset.labels), config)
    assert learner.epoch(dataset.train, config.batch) > learner.epoch(dataset.train, config.batch)
    benchmark.group = f"epoch {network}"
    benchmark(learner.epoch, dataset.train, config.batch)


@pytest.mark.parametrize("texts", [1, 450], ids="{} texts".format)
@pytest.mark.parametrize("network", ["mean", "cnn", "lstm"])
def test_predict(benchmark, dataset, network, texts):
    finished = run(dataset, Config(network=network, epochs=10))
    examples = read_corpus(TEST).examples
    right = [finished.model.predict([example.text])[0] == example.label for example in examples]
    assert 100 * np.mean(right) == pytest.approx(finished.record["test"]["accuracy"])
    chosen = [example.text for example in examples[:texts]]
    benchmark.group = f"predict {network}"
    benchmark(finished.model.predict_proba, chosen)
