"""The vector file d00_glove.txt of tests/cases/files, and what files that hold the same vectors say."""

import hashlib
from pathlib import Path

import numpy as np

from embdistill.data.vectors import load_vectors, open_vectors
from vector_helpers import error_of

FILES = Path(__file__).parent / "cases" / "files"
GLOVE = (FILES / "d00_glove.txt").read_bytes()
HEADER = b"66 20\n"
LINES = GLOVE.splitlines()
WORDS, VALUES = load_vectors(open_vectors(FILES / "d00_glove.txt"))


def notes_of(path):
    """What is said of a file that holds the vectors of d00_glove.txt."""
    file = open_vectors(path)
    words, values = load_vectors(file)
    assert words == WORDS
    np.testing.assert_array_equal(values, VALUES)
    assert file.sha256() == hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return [note.removeprefix(f"{path}: ") for note in file.notes]


def problem(path):
    """What is wrong with a vector file, without its path."""
    return error_of(path).removeprefix(f"{path}: ")


def texts(count):
    """Distinct texts of words of the file."""
    return [f"{WORDS[i % 60]} {WORDS[i // 60]} {WORDS[i % 7]}" for i in range(count)]
