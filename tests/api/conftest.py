"""What the tests of the Python interface share: the demo, and a small classifier."""

import numpy as np
import pytest

import embdistill
from api_helpers import QUICK
from embdistill import demo
from embdistill.cli import main
from embdistill.data.corpora import read_corpus
from embdistill.data.vectors import load_vectors, open_vectors


@pytest.fixture
def command_line(monkeypatch):
    """Run a command line that must succeed."""
    for library in ("OPENBLAS", "MKL", "OMP"):
        monkeypatch.setenv(f"{library}_NUM_THREADS", "1")  # main sets them; put back afterwards

    def run(*words):
        assert main([str(word) for word in words]) == 0

    return run


@pytest.fixture(scope="session")
def texts_and_labels(few_texts):
    """The 40 texts of the small labelled file, and their classes."""
    examples = read_corpus(few_texts).examples
    return [example.text for example in examples], [example.label for example in examples]


@pytest.fixture(scope="session")
def words_and_values(few_vectors):
    """The 60 words of the small vector file, and their vectors (60, 8)."""
    return load_vectors(open_vectors(few_vectors))


@pytest.fixture(scope="session")
def requests():
    """The texts of the demo and their classes as arrays, by split."""
    splits = {}
    for split in ("train", "test"):
        examples = read_corpus(demo.FOLDER / f"{split}.txt").examples
        splits[split] = (np.array([e.text for e in examples], object), np.array([e.label for e in examples]))
    return splits


@pytest.fixture(scope="session")
def fitted(texts_and_labels, few_vectors):
    """An embdistill.Classifier fitted to the small texts."""
    pytest.importorskip("sklearn", reason="embdistill.Classifier needs scikit-learn")
    return embdistill.Classifier(few_vectors, **QUICK).fit(*texts_and_labels)
