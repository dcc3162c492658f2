"""Labelled texts in memory; what is refused is tested with the classifier (tests/api/test_classifier_refusals.py)."""

import pytest

from embdistill.data.corpora.in_memory import column, corpus_of, is_missing, texts_of
from embdistill.errors import UserError


def test_a_corpus_has_the_texts_as_they_are_and_labels_by_name():
    corpus = corpus_of(("Play  a song", "", " lamp\n"), iter([1, True, "x"]), "mine")
    assert [(e.label, e.text, e.path, e.line) for e in corpus.examples] == [
        ("1", "Play  a song", "mine[0]", None),
        ("True", "", "mine[1]", None),
        ("x", " lamp\n", "mine[2]", None),
    ]
    assert (corpus.path, corpus.format, corpus.relations, corpus.notes) == ("mine", "python", False, [])


def test_its_digest_tells_texts_and_labels_apart():
    made = [(["a", "b"], ["x", "y"]), (["a", "b"], ["y", "x"]), (["ab", ""], ["x", "y"]), (["a", "b"], ["x", "y"])]
    digests = [corpus_of(*of).digest for of in made]
    assert len(set(digests)) == 3 and digests[0] == digests[3]


def test_marked_entities_make_it_a_task_of_relations():
    corpus = corpus_of(["<e1>a</e1> in <e2>b</e2>", "<e2>c</e2> on <e1>d</e1>"], ["x", "y"])
    assert corpus.relations
    assert corpus.notes == ["texts: its texts mark two entities, whose relation is the class"]


def test_the_first_of_many_that_are_no_text_is_named():
    with pytest.raises(UserError, match=r"^t\[1\]: None, not a text \(and 1,999 more are none\); make it"):
        texts_of(["a", *[None] * 2000], "t")
    with pytest.raises(UserError, match=r"^t\[0\]: \[0, 1, 2, .*\.\.\. of type list, not a text; ") as raised:
        texts_of([list(range(10**5))], "t")
    assert len(str(raised.value)) < 150


def test_missing_values_are_told():
    assert all(map(is_missing, [None, float("nan")])) and not any(map(is_missing, ["", 0, False, "nan", "None"]))
    pandas = pytest.importorskip("pandas", reason="needs pandas")
    assert is_missing(pandas.NA) and is_missing(pandas.NaT)


def test_a_generator_is_a_column_and_a_dict_of_columns_is_none():
    assert column((text for text in "ab"), "t") == ["a", "b"]
    with pytest.raises(UserError, match=r"^t: {'text': \['a'\]} of type dict, where a list, an array or a series"):
        column({"text": ["a"]}, "t")
