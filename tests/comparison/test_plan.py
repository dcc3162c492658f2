"""Which runs a comparison consists of, and which it refuses."""

import pytest

from comparison_helpers import CONFIG, grid
from embdistill.comparison.plan import plan
from embdistill.errors import UserError


def test_every_method_at_every_dim_with_every_seed_and_fold():
    jobs = plan(CONFIG, grid(["large", "encode"], (4, 2), (0, 1), folds=3), large_dim=8)
    expected = [(method, dim) for method, dim in (("large", 8), ("encode", 4), ("encode", 2))]
    assert [(job.config.method, job.config.dim, job.config.seed, job.fold) for job in jobs] == [
        (*run, seed, fold) for run in expected for seed in (0, 1) for fold in (0, 1, 2)
    ]
    assert jobs[-1].title == "encode d=2 seed 1 fold 3/3"


@pytest.mark.parametrize(
    "axes, message",
    [
        ({"methods": []}, "--methods is empty"),
        ({"dims": []}, "--dims is empty"),
        ({"seeds": []}, "--seeds is empty"),
        ({"folds": 1}, "--folds 1: must be at least 2"),
        ({"methods": ["direct", "direct"]}, "direct d=4 seed 0 is asked for 2 times"),
        ({"dims": [0]}, "--dim 0"),
        ({"methods": ["sideways"]}, "--method sideways"),
    ],
)
def test_refuses(axes, message):
    with pytest.raises(UserError, match=message):
        plan(CONFIG, grid(**axes), large_dim=8)
