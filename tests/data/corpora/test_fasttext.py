import re

import pytest

from corpus_helpers import complaint, rows
from embdistill.data.corpora import read_corpus


def test_fasttext_lines(write):
    content = "  __label__a-b/c text\t with  spaces \n__label__é\n__label__1 label__ _label_ x\n"
    assert [(label, text.strip()) for label, text, _ in rows(read_corpus(write(content), "fasttext"))] == [
        ("a-b/c", "text\t with  spaces"),
        ("é", ""),
        ("1", "label__ _label_ x"),
    ]


def test_fasttext_label_may_end_at_a_tab(write):
    assert rows(read_corpus(write("__label__x\tgood film\n"))) == [("x", "good film", 1)]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("__label__x a\nb\n", r":2: no label; begin the line with __label__ and the name of the class"),
        ("__label__x a\n__label__ b\n", r":2: no label; .*"),
        ("__label__x a\n__label__\n", r":2: no label; .*"),
        ("__label__x a\n\nb __label__x\n", r":3: no label; .*"),
        ("__LABEL__x a\n", r":1: no label; .*"),
        ("__label__x a\n__label__x __label__y b\n", r":2: more than one label; keep one"),
        ("__label__x  __label__y\n", r":1: more than one label; keep one"),
        ("__label__x\t__label__y a\n", r":1: more than one label; keep one"),
        ("__label__x a __label__y b\n", r":1: more than one label; keep one"),
    ],
)
def test_bad_lines_of_fasttext(content, problem, write):
    assert re.fullmatch(problem, complaint(write(content), "fasttext"))
