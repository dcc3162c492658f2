"""Marked entities and the positions of tokens."""

import re

import numpy as np
import pytest

import naive.relations
from embdistill.data.relations import positions, tokenize_marked, tokenize_relations
from embdistill.data.tokenizer import Tokenizer
from embdistill.errors import MarkError

MARKED = [  # text, tokens, span of e1, span of e2
    ("a <e1>b</e1> c <e2>d</e2> e", "a b c d e", (1, 2), (3, 4)),
    ("<e1>A b</e1><e2>c</e2>", "a b c", (0, 2), (2, 3)),
    ("<e2>a</e2> b <e1>c d e</e1>", "a b c d e", (2, 5), (0, 1)),
    ("x<e1>y</e1>z <e2>v</e2>", "x y z v", (1, 2), (3, 4)),  # a mark ends a token
    ("the <e1>dog</e1>'s <e2>tail</e2>.", "the dog 's tail .", (1, 2), (3, 4)),
    ("a <b> <E1> </e3> <e1>c</e1> <e2>d</e2>", "a < b > < e1 > < / e3 > c d", (11, 12), (12, 13)),
    ("\t<e1> a </e1>\u2028<e2>\x00b</e2> ", "a b", (0, 1), (1, 2)),
    ("<e1>é</e1> 水 <e2>💡</e2>", "é 水 💡", (0, 1), (2, 3)),
]


@pytest.mark.parametrize(("text", "tokens", "span1", "span2"), MARKED)
def test_marked(text, tokens, span1, span2):
    assert tokenize_marked(Tokenizer(), text) == (tokens.split(), span1, span2)
    assert tokenize_marked(Tokenizer(), text.encode()) == (tokens.split(), span1, span2)


def test_the_tokenizer_that_is_given_is_used():
    text = "A <e1>B's</e1> <e2>c.</e2>"
    assert tokenize_marked(Tokenizer("whitespace", False), text) == (["A", "B's", "c."], (1, 2), (2, 3))


def test_bytes_that_are_not_utf8_are_latin1():
    assert tokenize_marked(Tokenizer(), b"\xe9<e1>\xc3</e1>\xa9 <e2>b</e2>")[0] == ["é", "ã", "©", "b"]


BAD_MARKS = [  # text, what is said of it
    ("", "no <e1>; mark two entities, as <e1>...</e1> and <e2>...</e2>, once each"),
    ("a b", "no <e1>; .*"),
    ("a</e1> <e2>b</e2>", "no <e1>; .*"),
    ("<e1>a <e2>b</e2>", "no </e1>; .*"),
    ("<e1>a</e1> b", "no <e2>; .*"),
    ("<e1>a</e1> <e2>b", "no </e2>; .*"),
    ("<E1>a</E1> <e2>b</e2>", "no <e1>; .*"),
    ("<e1>a</e1> <e2>b</e2> <e1>c</e1>", "more than one <e1>; mark two entities, .*, once each"),
    ("<e1>a</e1> </e1> <e2>b</e2>", "more than one </e1>; .*"),
    ("<e1>a</e1> <e2>b</e2> <e2>c</e2>", "more than one <e2>; .*"),
    ("<e1>a</e1> <e2>b</e2></e2>", "more than one </e2>; .*"),
    ("</e1>a<e1> <e2>b</e2>", "</e1> comes before <e1>; swap them"),
    ("<e1>a</e1> </e2>b<e2>", "</e2> comes before <e2>; swap them"),
    ("</e1> <e2>b</e2> <e1>", "</e1> comes before <e1>; swap them"),
    ("<e1>a <e2>b</e2></e1>", "<e1>...</e1> and <e2>...</e2> overlap; mark two entities that do not"),
    ("<e2>a <e1>b</e1> c</e2>", "<e1>...</e1> and <e2>...</e2> overlap; .*"),
    ("<e1>a <e2>b</e1> c</e2>", "<e1>...</e1> and <e2>...</e2> overlap; .*"),
    ("<e1></e1> <e2>b</e2>", "no word between <e1> and its end; put <e1> and </e1> around the entity"),
    ("<e1>a</e1> <e2> \u200b\t</e2>", "no word between <e2> and its end; put <e2> and </e2> around the entity"),
]


def _pattern(said):
    return re.escape(said).replace(r"\.\*", ".*")


@pytest.mark.parametrize(("text", "said"), BAD_MARKS)
def test_bad_marks(text, said):
    for form in (text, text.encode()):
        with pytest.raises(MarkError) as caught:
            tokenize_marked(Tokenizer(), form)
        assert isinstance(caught.value, ValueError)
        assert re.fullmatch(_pattern(said), str(caught.value))


# ---- positions ----


def test_positions_of_zengs_example():
    """Zeng et al. 2014, section 3.4: `moving` is 3 from `people` and -3 from `downtown`."""
    tokens, *spans = tokenize_marked(Tokenizer(), "<e1>People</e1> have been moving back into <e2>downtown</e2>")
    assert positions(len(tokens), *spans)[tokens.index("moving")].tolist() == [3, -3]


def test_positions():
    found = positions(6, (3, 5), (0, 1))
    assert found.dtype == np.int32
    assert found.T.tolist() == [[-3, -2, -1, 0, 0, 1], [0, 1, 2, 3, 4, 5]]


def test_positions_are_those_from_the_nearest_word_of_the_entity(rng):
    for _ in range(100):
        length = int(rng.integers(2, 30))
        cuts = np.sort(rng.choice(length + 1, 4)).tolist()
        spans = [(cuts[0], max(cuts[1], cuts[0] + 1)), (cuts[2], max(cuts[3], cuts[2] + 1))]
        if rng.random() < 0.5:
            spans.reverse()
        found = positions(length, *spans)
        assert found.shape == (length, 2)
        np.testing.assert_array_equal(found, naive.relations.positions(length, *spans))


def test_relations_of_several_texts():
    texts = ["a <e1>b</e1> <e2>c</e2>", b"<e2>d</e2> <e1>e f</e1>"]
    tokens, found = tokenize_relations(Tokenizer(), iter(texts))
    assert tokens == [["a", "b", "c"], ["d", "e", "f"]]
    assert found.dtype == np.int32
    assert found.tolist() == [[-1, -2], [0, -1], [1, 0], [-1, 0], [0, 1], [0, 2]]
    tokens, found = tokenize_relations(Tokenizer(), [])
    assert tokens == [] and found.shape == (0, 2) and found.dtype == np.int32
    with pytest.raises(MarkError):
        tokenize_relations(Tokenizer(), [*texts, "a"])
