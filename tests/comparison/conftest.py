"""Fixtures of the tests of comparisons."""

import pytest

from comparison_helpers import CONFIG, METHODS, quick
from embdistill.data.prepare import prepare


@pytest.fixture(scope="session")
def few_dataset(few_texts, few_vectors):
    """What a comparison of few_texts starts from; dev is held out."""
    return prepare(few_texts, None, few_texts, few_vectors, CONFIG)


@pytest.fixture(scope="session")
def finished_comparison(few_dataset, tmp_path_factory):
    """The folder of a comparison that includes a dim which large does not have, and its records."""
    folder = tmp_path_factory.mktemp("compared")
    axes = {"methods": ["large", *METHODS], "dims": (4, 3)}
    return folder, quick(few_dataset, folder, command="embdistill compare --out <here>", **axes)
