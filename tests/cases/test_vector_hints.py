"""Why a vector file lacks the words of a corpus."""

import numpy as np
import pytest

from conftest import put
from embdistill.data.vectors import load_vectors, open_vectors
from embdistill.data.vectors.hints import hint
from fasttext_helpers import write_model
from glove_helpers import FILES, LINES, WORDS


def _file(tmp_path, write):
    lines = [write(line.partition(b" ")[0].decode()).encode() + b" " + line.partition(b" ")[2] for line in LINES]
    return put(tmp_path, b"\n".join(lines) + b"\n")


@pytest.mark.parametrize(
    ("write", "lowercase", "said"),
    [
        (lambda word: f"{word}_NOUN", True, "take '_NOUN' and the like off its words"),
        (lambda word: f"▁{word}", True, "take '▁' off its words"),
        (lambda word: f"en.{word}", True, r"as with `sed -n 's|^en\.||p'`"),
        (str.upper, True, "give --lowercase false if"),
        (str.title, False, "lower-case its words"),
    ],
)
def test_forms_of_words(tmp_path, pipe, write, lowercase, said):
    path = _file(tmp_path, write)
    for opened in (open_vectors(path), open_vectors(pipe(path.read_bytes()))):
        assert load_vectors(opened, set(WORDS) - {write(word) for word in WORDS})[0] == []
        assert said in hint(opened, [word for word in WORDS if len(word) > 1], lowercase)


def test_other_forms_of_the_words_of_the_corpus(tmp_path):
    assert "omit --lowercase false" in hint(open_vectors(FILES / "d00_glove.txt"), list(map(str.title, WORDS)), False)
    decomposed = put(tmp_path, "cafe\u0301 1 2\nnai\u0308f 3 4\n")
    assert "compose its letters" in hint(open_vectors(decomposed), ["café", "naïf"], True)
    languages = put(tmp_path, "".join(f"/c/{name}/{word} 1 2\n" for name in ("af", "de") for word in ("lampe", "haus")))
    assert "take '/c/de/' off" in hint(open_vectors(languages), ["lampe", "haus"], True)


def test_no_hint_where_the_words_are_others(tmp_path):
    assert hint(open_vectors(FILES / "d00_glove.txt"), ["lumière", "musique", "cuisine"], True) is None
    model = write_model(tmp_path / "m.bin", ["Lamp", "The"], np.ones((2, 4), np.float32), maxn=0, buckets=0)
    assert "'Lamp' where the texts have 'lamp'" in hint(open_vectors(model), ["lamp", "the"], True)
