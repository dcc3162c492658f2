"""Marked entities in C: where marks may stand, and what is said of texts without them."""

import numpy as np
import pytest

from embdistill.data.relations import MarkError
from model_helpers import CLOSE, HARD, made_for


def test_marks_may_stand_anywhere(pair_of_relations):
    model, edm = pair_of_relations
    texts = [
        "<e1>lamp</e1><e2>song</e2>",
        "<e2>the song</e2> it <e1>lamp</e1>",
        "turn<e1>the</e1>lamp<e2>don't</e2>.",
        "turn the lamp on off play a <e1>song</e1> it is dark , <e2>. x y</e2> z z z z z z z z",
        "a <b> <E1> </e3> <e1>c</e1> <e2>d</e2> <e",
        "<e1>\0a</e1> <e2> b\u2028</e2> </e",
    ]
    np.testing.assert_allclose(edm.predict_logits(texts), model.logits(model.pack(texts)), **CLOSE)


UNMARKED = ["", "lamp", "<e1>a</e1> b", "<e1></e1> <e2>b</e2>", "</e1>a<e1> <e2>b</e2>", "<e1>a <e2>b</e2></e1>"]
UNMARKED += ["<e1>a</e1> <e2>b</e2> <e1>c</e1>", "<e1>a</e2> <e2>b</e1>", "<e1>\0</e1> <e2>b</e2>"]


@pytest.mark.parametrize("text", [*UNMARKED, *map(str.encode, UNMARKED)])
def test_marks_are_refused_as_by_the_model(pair_of_relations, text):
    model, edm = pair_of_relations
    with pytest.raises(MarkError) as expected:
        model.pack([text])
    for ask in (edm.classify, lambda text: edm.predict([text])):
        with pytest.raises(MarkError) as caught:
            ask(text)
        assert str(caught.value) == str(expected.value) and caught.value.index == 0


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_the_first_text_without_marks_is_named(pair_of_relations, threads):
    _, edm = pair_of_relations
    texts = made_for(edm, HARD * 10)
    for wrong in ([3], [100, 140], [149], [17, 18, 140]):
        given = [("<e1>a</e1>" if i in wrong else text) for i, text in enumerate(texts)]
        for method in (edm.predict, edm.predict_proba, edm.predict_logits):
            with pytest.raises(MarkError, match="no <e2>") as caught:
                method(given, threads)
            assert caught.value.index == wrong[0]
