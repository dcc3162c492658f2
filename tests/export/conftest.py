"""Fixtures of the tests of export."""

import pytest

from embdistill.data.prepare import prepare
from embdistill.export.splits import splits_of
from embdistill.model.config import Config
from embdistill.model.run_file import load_run
from embdistill.training.experiment import run


@pytest.fixture(scope="session")
def few_runs(few_texts, few_vectors, tmp_path_factory) -> dict[int, str]:
    """Run files by dim, trained on few_texts, of which a tenth was held out as dev."""
    folder, paths = tmp_path_factory.mktemp("runs"), {}
    for dim in (2, 6):
        config = Config(network="mean", dim=dim, hidden=8, epochs=8)
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
