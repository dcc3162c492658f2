"""What the tests of tables of texts share."""

from pathlib import Path

import pytest

from corpus_helpers import rows
from embdistill.data.corpora import Layout, read_corpus
from embdistill.errors import UserError

FILES = Path(__file__).parent / "cases" / "files"
BASE = [row[:2] for row in rows(read_corpus(FILES / "base.csv"))]
TABLE = "text,label\nturn it on,lights\nplay, please,music\n"


def read(name, **layout):
    return read_corpus(FILES / name, layout=Layout(**layout))


def pairs(corpus):
    return [row[:2] for row in rows(corpus)]


def notes(corpus):
    return [note.split(": ", 1)[1] for note in corpus.notes]


def refusal(path, **layout):
    with pytest.raises(UserError) as caught:
        read_corpus(path, layout=Layout(**layout))
    assert str(caught.value).startswith(f"{path}:") and len(str(caught.value).splitlines()) == 1
    return str(caught.value).removeprefix(f"{path}:")
