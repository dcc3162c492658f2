"""Texts with two marked entities, whose relation is to be classified: `a <e1>part</e1> of the <e2>whole</e2>`."""

import re
from collections.abc import Container, Iterable

import numpy as np

from embdistill.data.tokenizer import Tokenizer
from embdistill.errors import MarkError

MARKS = ("<e1>", "</e1>", "<e2>", "</e2>")


def tokenize_marked(
    tokenizer: Tokenizer, text: str | bytes, known: Container[str] | None = None
) -> tuple[list[str], tuple[int, int], tuple[int, int]]:
    """The tokens of a text without its marks, and the spans (first token, end) of e1 and e2.

    A mark ends a token. e2 may come before e1. known: as the tokenizer takes it. MarkError unless each entity is marked
    once and has a token, and they do not overlap.
    """
    segments_and_marks = segments(text)
    marks = [mark if isinstance(mark, str) else mark.decode() for mark in segments_and_marks[1::2]]
    _check(marks)
    tokens, bounds = [], []
    for segment in segments_and_marks[::2]:
        tokens += tokenizer(segment, known)
        bounds.append(len(tokens))
    spans = {marks[0]: (bounds[0], bounds[1]), marks[2]: (bounds[2], bounds[3])}
    for mark, (first, end) in spans.items():
        if first == end:
            raise MarkError(f"no word between {mark} and its end; put {mark} and </{mark[1:]} around the entity")
    return tokens, spans["<e1>"], spans["<e2>"]


def segments(text: str | bytes) -> list[str | bytes]:
    """What stands before, between and behind the marks of a text, with the marks between them."""
    return re.split("(</?e[12]>)" if isinstance(text, str) else b"(</?e[12]>)", text)


def _check(marks):
    for mark in MARKS:
        if marks.count(mark) != 1:
            problem = f"more than one {mark}" if mark in marks else f"no {mark}"
            raise MarkError(f"{problem}; mark two entities, as <e1>...</e1> and <e2>...</e2>, once each")
    for begin, end in (MARKS[:2], MARKS[2:]):
        if marks.index(end) < marks.index(begin):
            raise MarkError(f"{end} comes before {begin}; swap them")
    if marks[0][1:] != marks[1][2:]:
        raise MarkError("<e1>...</e1> and <e2>...</e2> overlap; mark two entities that do not")


def positions(length: int, span1: tuple[int, int], span2: tuple[int, int]) -> np.ndarray:
    """Position features (length, 2) int32: the signed distance, in tokens, of each token from each of two entities.

    Spans are (first token, end). 0 inside the entity, negative before it, positive after it.
    Source: Zeng et al. 2014, "Relation Classification via Convolutional Deep Neural Network", section 3.4.
    """
    token = np.arange(length, dtype=np.int32)
    columns = [np.minimum(token - first, 0) + np.maximum(token - (end - 1), 0) for first, end in (span1, span2)]
    return np.stack(columns, axis=1)


def tokenize_relations(
    tokenizer: Tokenizer, texts: Iterable[str | bytes], known: Container[str] | None = None
) -> tuple[list[list[str]], np.ndarray]:
    """The tokens of each marked text, and the positions (N, 2) int32 of all N tokens.

    known: as the tokenizer takes it. MarkError as tokenize_marked raises it, with the index of the text.
    """
    sentences, found = [], [np.empty((0, 2), np.int32)]
    for index, text in enumerate(texts):
        try:
            tokens, *spans = tokenize_marked(tokenizer, text, known)
        except MarkError as error:
            error.index = index
            raise
        sentences.append(tokens)
        found.append(positions(len(tokens), *spans))
    return sentences, np.concatenate(found)
