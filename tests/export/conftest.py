"""Small trained models; models of every network with random weights, and their logits for real texts; compilers."""

import pytest

from c_helpers import needed
from embdistill.data.corpora import read_corpus
from embdistill.data.prepare import prepare
from embdistill.data.tokenizer import Tokenizer
from embdistill.export.splits import splits_of
from embdistill.model.classifier import Model
from embdistill.model.config import Config
from embdistill.model.networks.cnn import Cnn
from embdistill.model.networks.lstm import Lstm
from embdistill.model.networks.mean import Mean
from embdistill.model.run_file import load_run, save_run
from embdistill.training.experiment import run
from model_helpers import random_model

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


@pytest.fixture(scope="session")
def few_runs(few_texts, few_vectors, tmp_path_factory) -> dict[int, str]:
    """Run files by dim, trained on few_texts, of which a tenth was held out as dev; they read no other words."""
    folder, paths = tmp_path_factory.mktemp("runs"), {}
    for dim in (2, 6):
        config = Config(network="mean", dim=dim, hidden=8, epochs=8, subwords=0, correct=False, spellings=0)
        paths[dim] = str(folder / f"d{dim}.h5")
        run(prepare(few_texts, None, None, few_vectors, config), config, paths[dim])
    return paths


@pytest.fixture(scope="session")
def few_model(few_runs):
    return load_run(few_runs[6])


@pytest.fixture(scope="session")
def few_packed(few_runs, few_model):
    """The train split of few_model, packed."""
    return splits_of(few_model, few_runs[6]).train.packed


@pytest.fixture(scope="session")
def texts(data) -> list[str | bytes]:
    """The test texts of TREC and SST-2, whole, and hard ones. In a line each; a NUL is white space."""
    corpora = [read_corpus(data / "trec/test.label"), read_corpus(data / "sst/test.txt", "sst2")]
    return [example.text for corpus in corpora for example in corpus.examples] + HARD


@pytest.fixture(scope="session")
def words(texts) -> list[str]:
    """Every second word of the texts, so that the others are unknown."""
    tokenizer = Tokenizer()
    distinct = sorted({token for text in texts for token in tokenizer(text)} - {"zzzq", "qqqz"})
    return [*dict.fromkeys(["what", "is", "the", "name", *distinct[::2]])]


@pytest.fixture(scope="module", params=NETWORKS)
def model(request, words) -> Model:
    network = NETWORKS[request.param]
    record = {"method": "encode", "network": network.name, "dim": network.dim, "seed": 0}
    record |= {"dev": {"accuracy": 50.0}, "test": None}
    return random_model(network, words, about={"record": record, "format": "trec"}, scale=0.2)


@pytest.fixture(scope="module")
def run_file(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "run.h5"
    save_run(path, model)
    return path


@pytest.fixture(scope="module")
def logits(model, texts):
    return model.logits(model.pack(texts))


@pytest.fixture(scope="module", params=["gcc", "clang"])
def compiler(request):
    needed("make")
    return needed(request.param)
