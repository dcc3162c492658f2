"""The words that a user lists for the table, beside those of the texts: a text, or a list with counts (--vocab)."""

import re
from collections import Counter
from collections.abc import Iterable

from embdistill.data.corpora.lines import read_lines
from embdistill.data.tokenizer import Tokenizer

COUNTED = re.compile(r"(\S+)[ \t]+([0-9]{1,18})")  # a line of a list with counts


def read_words(path, tokenizer: Tokenizer) -> tuple[frozenset[str] | Counter[str], dict]:
    """The distinct tokens of a text file, of a list with counts a Counter of them; and what a run file says of it.

    A list with counts has a word, spaces or a tab, and a whole number on every line that is not blank. UserError if the
    file cannot be read.
    """
    lines = read_lines(str(path))
    record = {"role": "vocab", "path": str(path), "sha256": lines.digest}
    texts = [line.strip() for line in lines.text.split("\n") if line.strip()]
    counted = [COUNTED.fullmatch(text) for text in texts]
    if not texts or None in counted:
        return tokens_of(texts, tokenizer), record
    counts = Counter()
    for word, count in (match.groups() for match in counted):
        for token in tokenizer(word):
            counts[token] += int(count)
    return counts, record


def tokens_of(texts: Iterable[str], tokenizer: Tokenizer) -> frozenset[str]:
    """The distinct tokens of texts, or of words."""
    return frozenset(token for text in texts for token in tokenizer(text))
