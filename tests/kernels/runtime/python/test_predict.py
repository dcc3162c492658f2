"""The methods of a model in Python: their arguments, and what they keep."""

import sys

import pytest


@pytest.mark.parametrize("threads", [0, -1])
def test_a_number_of_threads_that_is_none(pair_of_texts, threads):
    with pytest.raises(ValueError, match=r"threads: -?[01], must be a whole number from 1 on"):
        pair_of_texts[1].predict(["lamp"], threads=threads)


@pytest.mark.parametrize("arguments", [(), ([], 1, 1)])
def test_wrong_arguments(pair_of_texts, arguments):
    with pytest.raises(TypeError):
        pair_of_texts[1].predict(*arguments)
    with pytest.raises(TypeError):
        pair_of_texts[1].predict([], count=1)
    with pytest.raises(TypeError):
        pair_of_texts[1].predict([], threads="2")


def test_nothing_is_kept(pair_of_texts):
    """Objects that go in and come out are as they were, once the results are gone."""
    _, edm = pair_of_texts
    text, label = "turn the lamp on " * 100, edm.classify("lamp")[0]
    before = sys.getrefcount(text), sys.getrefcount(label), sys.getrefcount(edm)
    for _ in range(100):
        edm.predict([text, text], threads=2)
        edm.classify(text)
        edm.classify("lamp")
        edm.logits_and_known([text, "\ud800"])
        with pytest.raises(TypeError):
            edm.predict([text, 1])
    assert (sys.getrefcount(text), sys.getrefcount(label), sys.getrefcount(edm)) == before
