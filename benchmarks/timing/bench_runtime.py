"""The C runtime from Python on the sentences of the built-in demo: opening, one text, a batch in threads.

Run: pytest benchmarks/timing/bench_runtime.py. benchmarks/programs/latency.py compares it with others.
"""

import pytest

from embdistill.data.corpora import read_corpus
from embdistill.data.prepare import prepare
from embdistill.demo import FOLDER, TEST, VECTORS
from embdistill.export.edm import edm_bytes
from embdistill.model.choices import NETWORKS
from embdistill.model.config import Config
from embdistill.model.edm import EdmModel
from embdistill.training.experiment import run

TEXTS = [example.text for example in read_corpus(TEST).examples]


@pytest.fixture(scope="module")
def models():
    """A trained model of each network."""
    dataset = prepare(FOLDER / "train.txt", FOLDER / "dev.txt", TEST, VECTORS, Config())
    return {network: run(dataset, Config(network=network, epochs=10)).model for network in NETWORKS}


@pytest.mark.parametrize("precompute", [0, 1000], ids="{} precomputed".format)
@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize("network", NETWORKS)
def test_one_text(benchmark, models, network, dtype, precompute):
    edm = EdmModel(edm_bytes(models[network], dtype), precompute)
    agreed = sum(map(str.__eq__, edm.predict(TEXTS), models[network].predict(TEXTS)))
    assert agreed == len(TEXTS) if dtype == "float32" else agreed > 0.98 * len(TEXTS)
    text = sorted(TEXTS, key=len)[len(TEXTS) // 2]
    benchmark.group = f"one text {network}"
    assert benchmark(edm.classify, text)[0] == edm.predict([text])[0]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("network", NETWORKS)
def test_batch(benchmark, models, network, threads):
    edm = EdmModel(edm_bytes(models[network]))
    benchmark.group = f"{len(TEXTS)} texts {network}"
    assert benchmark(edm.predict, TEXTS, threads) == models[network].predict(TEXTS)


@pytest.mark.parametrize("precompute", [0, 1000], ids="{} precomputed".format)
@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_open(benchmark, models, dtype, precompute):
    image = edm_bytes(models["cnn"], dtype)
    benchmark.group = "open cnn"
    assert benchmark(EdmModel, image, precompute).labels == models["cnn"].labels
