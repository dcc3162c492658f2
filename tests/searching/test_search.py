"""Which of the finished arms is chosen."""

import pytest

from embdistill.export.budget import Candidate
from embdistill.searching.jobs import Finished
from embdistill.searching.search import surest


def finished(dev, cross_entropy):
    best = Candidate("cnn", 10, 4, "int4", 100, 200, 50, True, dev, cross_entropy)
    return Finished([best], best, b"", None, {})


@pytest.mark.parametrize(("texts", "chosen"), [(100, 0.2), (900, 0.4), (10_000, 0.5)])
def test_of_equals_the_one_with_the_lowest_cross_entropy(texts, chosen):
    # 90 % of 100 texts have a standard error of 3 points, of 900 texts of 1, of 10,000 texts of 0.3
    tried = [(None, finished(*each)) for each in [(90, 0.5), (89.5, 0.4), (87.5, 0.2), (80, 0.1)]]
    assert surest(tried, texts)[1].best.cross_entropy == chosen
