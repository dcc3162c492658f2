"""Word vectors in memory are read as those of a file; what is refused is tested with the classifier."""

from types import SimpleNamespace

import numpy as np
import pytest

from embdistill.data.vectors import load_vectors, open_vectors
from embdistill.data.vectors.hints import hint
from embdistill.data.vectors.in_memory import vectors_in_memory

WORDS = ["the", "Lamp", "song", "the", "on"]
VALUES = np.arange(10.0).reshape(5, 2)


@pytest.fixture(params=["pair", "KeyedVectors", "words and vectors"])
def source(request):
    """The same words and vectors in another form."""
    if request.param == "pair":
        return WORDS, VALUES
    name = "index_to_key" if request.param == "KeyedVectors" else "words"
    return SimpleNamespace(**{name: WORDS}, vectors=VALUES.astype(np.float16))


@pytest.mark.parametrize("wanted, first", [(None, 0), ({"song", "the"}, 0), ({"on"}, 2), ((), 4)])
def test_gives_what_a_file_gives(source, wanted, first, write):
    rows = zip(WORDS, VALUES.tolist(), strict=True)
    file = open_vectors(write("".join(f"{word} {a} {b}\n" for word, (a, b) in rows)))
    memory = vectors_in_memory(source)
    (words, values), (their_words, their_values) = (
        load_vectors(memory, wanted, first),
        load_vectors(file, wanted, first),
    )
    assert words == their_words and values.dtype == np.float32
    np.testing.assert_array_equal(values, their_values)
    assert memory.first_rows == file.first_rows and memory.counts == file.counts
    assert (memory.dim, memory.is_pipe) == (2, False)


def test_a_dict_gives_its_words_in_its_order():
    words, values = load_vectors(vectors_in_memory({"b": [1, 2], "a": np.float32([3, 4])}))
    assert words == ["b", "a"] and values.tolist() == [[1, 2], [3, 4]]


def test_the_digest_is_of_words_and_values_whatever_their_form(source):
    assert vectors_in_memory(source).sha256() == vectors_in_memory((tuple(WORDS), np.asfortranarray(VALUES))).sha256()
    others = [(WORDS[::-1], VALUES), (WORDS, VALUES + 1), (["the\nLamp", *WORDS[2:]], VALUES[1:])]
    assert vectors_in_memory(source).sha256() not in [vectors_in_memory(other).sha256() for other in others]


def test_the_cause_of_missing_words_is_found_in_them_too():
    words = [word.capitalize() for word in "turn the lamp on".split()]
    found = hint(vectors_in_memory((words, np.ones((4, 2)))), {"turn", "lamp"}, lowercase=True)
    assert "it has 'Lamp' where the texts have 'lamp'" in found or "it has 'Turn' where the texts have 'turn'" in found
