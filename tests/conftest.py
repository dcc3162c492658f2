"""What the tests share. The corpora and vectors are found through EMBDISTILL_DATA; under CI they must be there."""

import os
from pathlib import Path

import numba
import numpy as np
import pytest

from embdistill.data.dataset import prepare
from training_helpers import config

JIT_DISABLED = bool(numba.config.DISABLE_JIT)  # kernels run as plain Python: sizes are reduced


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of the real corpora and vectors."""
    folder = os.environ.get("EMBDISTILL_DATA")
    if not folder:
        assert not os.environ.get("CI"), "EMBDISTILL_DATA must name the folder of the corpora under CI"
        pytest.skip("needs the corpora: set EMBDISTILL_DATA to their folder")
    return Path(folder)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def few_vectors(tmp_path_factory) -> Path:
    """A small GloVe file, made up: 60 words, 8 dimensions."""
    path = tmp_path_factory.mktemp("vectors") / "few.txt"
    rng = np.random.default_rng(1)
    words = [*"the a is on off light lamp music song play stop bright dark loud it that".split()]
    words += [f"word{i}" for i in range(60 - len(words))]
    lines = [f"{word} " + " ".join(f"{value:.4f}" for value in rng.normal(size=8)) for word in words]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="session")
def few_texts(tmp_path_factory) -> Path:
    """A small labelled file in fastText format: 40 examples, two classes."""
    path = tmp_path_factory.mktemp("texts") / "few.txt"
    light = ["turn the lamp on", "light off", "it is dark", "is the light bright"]
    music = ["play that song", "stop the music", "it is loud", "play a song"]
    lines = [f"__label__light {text} word{i}" for i in range(5) for text in light]
    lines += [f"__label__music {text} word{i}" for i in range(5) for text in music]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def dataset(few_texts, few_vectors):
    """The two small files made ready, the first as the test split too."""
    return prepare(few_texts, None, few_texts, few_vectors, config()).with_dev(0)
