"""What the tests of the corpora share."""

from pathlib import Path

import pytest

from embdistill.data.corpora import read_corpus
from embdistill.errors import UserError

BOM = b"\xef\xbb\xbf"


def rows(corpus):
    return [(example.label, example.text, example.line) for example in corpus.examples]


def complaint(path, format="auto", blamed=None) -> str:
    """What is said about `blamed` (by default the file itself): the one-line message without the path."""
    with pytest.raises(UserError) as caught:
        read_corpus(path, format)
    message = str(caught.value)
    assert type(caught.value) is UserError
    assert len(message.splitlines()) == 1, repr(message)
    assert message.startswith(f"{blamed or path}:"), message
    return message.removeprefix(f"{blamed or path}")


def lines_of(path: Path) -> list[bytes]:
    """The lines of a file that ends with a line end, by bytes alone."""
    lines = path.read_bytes().split(b"\n")
    assert lines.pop() == b""
    return lines
