"""Bracketed trees of the Stanford Sentiment Treebank (Socher et al. 2013): whole sentences or every phrase, with five
classes or two.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from embdistill.data.corpora.lines import Example, Lines

SENTIMENTS = ("very negative", "negative", "neutral", "positive", "very positive")
_TOKENS = re.compile(r"(\()[ \t]*([^ \t()]*)|([^ \t()]+)|\)")  # "(" and its label, or a word, or ")"
_ESCAPED_BRACKETS = {
    "-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}",
}  # fmt: skip


def read_sst5(lines: Lines) -> Iterator[Example]:
    """The sentence of each tree, with the label of the root."""
    for number, line in lines:
        nodes, words = _parse(lines, number, line)
        yield lines.example(number, nodes[-1][0], " ".join(words))


def read_sst2(lines: Lines) -> Iterator[Example]:
    """As sst5 with two classes: neutral sentences are omitted, and counted."""
    return _two_classes(read_sst5(lines), lines)


def read_sst5_phrases(lines: Lines) -> Iterator[Example]:
    """Every phrase of every tree once, the sentences among them."""
    return _distinct(_phrases(lines), lines)


def read_sst2_phrases(lines: Lines) -> Iterator[Example]:
    """As sst5-phrases with two classes: neutral phrases are omitted, and counted."""
    return _distinct(_two_classes(_phrases(lines), lines), lines)


def _parse(lines: Lines, number: int, line: str) -> tuple[list[tuple[str, int, int]], list[str]]:
    """(label, first word, end) of every node, children before parents, and the words of a tree."""
    nodes, words, open_nodes = [], [], []
    for opening, label, word in _TOKENS.findall(line):
        if nodes and not open_nodes:
            raise lines.error(number, "text after the closing bracket of the tree; put one tree on a line")
        if opening:
            if label not in ("", "0", "1", "2", "3", "4"):
                raise lines.error(number, f"label {label!r} is not one of 0 to 4; fix it")
            open_nodes.append((label, len(words)))
        elif not open_nodes:
            raise lines.error(number, "not a tree; begin the line with (")
        elif word:
            words.append(_unescaped(word))
        else:
            label, first = open_nodes.pop()
            if not label or first == len(words):
                raise lines.error(number, "a node of the tree has no label or no word; write (label word)")
            nodes.append((SENTIMENTS[int(label)], first, len(words)))
    if open_nodes or not nodes:
        raise lines.error(number, "a bracket of the tree is not closed; the line may be cut off")
    return nodes, words


@cache
def _unescaped(word):
    return _ESCAPED_BRACKETS.get(word, word).replace("\\/", "/").replace("\\*", "*")


def _phrases(lines: Lines) -> Iterator[Example]:
    for number, line in lines:
        nodes, words = _parse(lines, number, line)
        for label, first, end in nodes:
            yield lines.example(number, label, " ".join(words[first:end]))


def _two_classes(examples: Iterable[Example], lines: Lines) -> Iterator[Example]:
    for example in examples:
        if example.label == "neutral":
            lines.counts["neutral examples left out"] += 1
        else:
            yield example._replace(label=example.label.removeprefix("very "))


def _distinct(examples: Iterable[Example], lines: Lines) -> Iterator[Example]:
    """Each label and text once; repetitions are omitted, and counted."""
    seen = set()
    for example in examples:
        if (example.label, example.text) in seen:
            lines.counts["repeated phrases left out"] += 1
        else:
            seen.add((example.label, example.text))
            yield example
