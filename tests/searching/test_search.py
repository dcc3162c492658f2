"""Which of the finished models is chosen."""

import pytest

from embdistill.export.budget import Candidate
from embdistill.searching.search import surest


def image(dev, cross_entropy):
    return Candidate("cnn", 10, 4, "int4", 100, 200, 50, True, dev, cross_entropy)


@pytest.mark.parametrize(("texts", "chosen"), [(100, "third"), (900, "second"), (10_000, "first")])
def test_of_equals_the_one_with_the_lowest_cross_entropy(texts, chosen):
    # 90 % of 100 texts have a standard error of 3 points, of 900 texts of 1, of 10,000 texts of 0.3
    images = {"first": image(90, 0.5), "second": image(89.5, 0.4), "third": image(87.5, 0.2), "worst": image(80, 0.1)}
    assert surest(list(images.items()), texts) == chosen


def test_what_counts_is_the_mean_over_the_seeds():
    lucky, steady = [image(95, 0.1), image(80, 0.9)], [image(92, 0.3), image(91, 0.3)]
    assert surest([*(("lucky", each) for each in lucky), *(("steady", each) for each in steady)], 400) == "steady"
