"""Texts with two marked entities, whose relation is the class: `a <e1>part</e1> of the <e2>whole</e2>`."""

import re
from collections.abc import Iterable

import numpy as np

from embdistill.data.tokenizer import Tokenizer
from embdistill.errors import MarkError

MARKS = ("<e1>", "</e1>", "<e2>", "</e2>")


def tokenize_marked(tokenizer: Tokenizer, text: str | bytes) -> tuple[list[str], tuple[int, int], tuple[int, int]]:
    """The tokens of a text without its marks, and the spans (first token, end) of e1 and e2.

    A mark ends a token. e2 may stand before e1. MarkError unless both entities are marked once, apart from each other,
    with a token inside.
    """
    split = re.split("(</?e[12]>)", text) if isinstance(text, str) else re.split(b"(</?e[12]>)", text)
    segments, marks = split[::2], [mark if isinstance(mark, str) else mark.decode() for mark in split[1::2]]
    _check(marks)
    tokens, bounds = [], []
    for segment in segments:
        tokens += tokenizer(segment)
        bounds.append(len(tokens))
    spans = {marks[0]: (bounds[0], bounds[1]), marks[2]: (bounds[2], bounds[3])}
    for mark, (first, end) in spans.items():
        if first == end:
            raise MarkError(f"no word between {mark} and its end; put {mark} and </{mark[1:]} around the entity")
    return tokens, spans["<e1>"], spans["<e2>"]


def _check(marks):
    for mark in MARKS:
        if marks.count(mark) != 1:
            problem = f"more than one {mark}" if mark in marks else f"no {mark}"
            raise MarkError(f"{problem}; mark two entities, as <e1>...</e1> and <e2>...</e2>, once each")
    for begin, end in (MARKS[:2], MARKS[2:]):
        if marks.index(end) < marks.index(begin):
            raise MarkError(f"{end} stands before {begin}; swap them")
    if marks[0][1:] != marks[1][2:]:
        raise MarkError("<e1>...</e1> and <e2>...</e2> overlap; mark two entities that stand apart")


def positions(length: int, span1: tuple[int, int], span2: tuple[int, int]) -> np.ndarray:
    """Signed distances (length, 2) int32 in words of each token from two entities, given as spans (first token, end).

    0 inside the entity, negative before it, positive behind it.
    Source: Zeng et al. 2014, "Relation Classification via Convolutional Deep Neural Network", section 3.4, position
    features.
    """
    token = np.arange(length, dtype=np.int32)
    columns = [np.minimum(token - first, 0) + np.maximum(token - (end - 1), 0) for first, end in (span1, span2)]
    return np.stack(columns, axis=1)


def tokenize_relations(tokenizer: Tokenizer, texts: Iterable[str | bytes]) -> tuple[list[list[str]], np.ndarray]:
    """The tokens of each marked text, and the distances (N, 2) int32 of all N tokens from their entities.

    MarkError as of tokenize_marked, with the number of the text.
    """
    sentences, measured = [], [np.empty((0, 2), np.int32)]
    for index, text in enumerate(texts):
        try:
            tokens, *spans = tokenize_marked(tokenizer, text)
        except MarkError as error:
            error.index = index
            raise
        sentences.append(tokens)
        measured.append(positions(len(tokens), *spans))
    return sentences, np.concatenate(measured)
