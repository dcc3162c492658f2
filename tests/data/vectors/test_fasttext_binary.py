"""fastText models: every word gets the vector that fastText gives it, and what is no sound model is named."""

import gzip
import hashlib

import numpy as np
import pytest

from conftest import put
from embdistill.data.vectors import fasttext_binary, load_vectors, open_vectors
from fasttext_helpers import fnv, naive_vector, write_model
from vector_helpers import error_of, loaded

WORDS = ["</s>", "the", "naïve", "日本語", "a", "lamp", "don’t"]
OTHERS = ["lamplight", "naïveté", "日", "b", "😀😀", "x" * 200]
SHAPES = [(3, 6, 50), (1, 2, 7), (2, 4, 1), (5, 5, 1000), (0, 0, 0), (0, 0, 40), (1, 1, 30)]


def _matrix(buckets, dim=5, words=WORDS):
    return np.random.default_rng(3).normal(size=(len(words) + buckets, dim)).astype(np.float32)


@pytest.mark.parametrize(("minn", "maxn", "buckets"), SHAPES)
def test_words_known_and_unknown_get_the_mean_of_their_rows(tmp_path, minn, maxn, buckets):
    matrix = _matrix(buckets)
    path = write_model(tmp_path / "m.bin", WORDS, matrix, minn, maxn, buckets, labels=["__label__x"])
    expected = {word: naive_vector(word, WORDS, matrix, minn, maxn, buckets) for word in WORDS + sorted(OTHERS)}
    expected = {word: vector for word, vector in expected.items() if vector is not None}
    words, values, counts = loaded(path, {*WORDS, *OTHERS})
    assert words == list(expected)
    np.testing.assert_allclose(values, list(expected.values()), atol=1e-5)
    made_up = len(expected) - len(WORDS)
    assert counts == {"rows read": 7} | ({"words put together from subwords": made_up} if made_up else {})
    words, values, _ = loaded(path)
    assert words == WORDS
    np.testing.assert_allclose(values, [expected[word] for word in WORDS], atol=1e-5)


def test_the_hash_is_that_of_fasttext():
    """Values that fastText's own Dictionary::hash gives."""
    assert fnv(b"") == 2166136261
    assert fnv(b"a") == 0xE40C292C  # as FNV-1a, where no byte is above 127
    assert fnv("é".encode()) == (((2166136261 ^ 0xFFFFFFC3) * 16777619 % 2**32) ^ 0xFFFFFFA9) * 16777619 % 2**32
    assert list(fasttext_binary.Subwords(3, 3, 1 << 31).of("é".encode())) == [fnv("<é>".encode()) % (1 << 31)]


def test_a_model_is_read_in_as_many_passes_as_its_words_need(tmp_path, monkeypatch):
    words = [f"word{i}" for i in range(100)]
    matrix = _matrix(30, words=words)
    path = write_model(tmp_path / "m.bin", words, matrix, buckets=30)
    whole = loaded(path)
    for name, size in [("WORDS", 7), ("PAIRS", 3), ("BLOCK", 64)]:
        monkeypatch.setattr(fasttext_binary, name, size)
    again = loaded(path)
    assert again[0] == whole[0] == words and again[2] == whole[2]
    np.testing.assert_allclose(again[1], whole[1], atol=1e-5)


def test_a_packed_model_is_read_and_its_digest_is_of_all_its_bytes(tmp_path):
    matrix = _matrix(20)
    content = gzip.compress(write_model(tmp_path / "m.bin", WORDS, matrix, buckets=20).read_bytes())
    file = open_vectors(put(tmp_path, content))
    assert (file.format, file.dim) == ("fasttext-binary", 5)
    assert load_vectors(file, {"the", "there"})[0] == ["the", "there"]
    assert file.digest == hashlib.sha256(content).hexdigest()


def test_a_model_cut_off_before_its_vectors_end_is_refused(tmp_path):
    matrix = _matrix(10)
    content = write_model(tmp_path / "m.bin", WORDS, matrix, buckets=10).read_bytes()
    output = 1 + 16 + 4 * len(WORDS) * 5
    for cut in range(4, len(content) - output):
        path = put(tmp_path, content[:cut])
        assert error_of(path, {"lamps"}) == f"{path}: a fastText model that is cut off or damaged; fetch it again"


def test_damaged_counts_are_refused(tmp_path):
    content = write_model(tmp_path / "m.bin", WORDS, _matrix(10), buckets=10).read_bytes()
    for at in [*range(64, 76, 4), 40]:  # entries, words, labels, buckets
        for number in (-1, 0, 2**31 - 1):
            damaged = content[:at] + number.to_bytes(4, "little", signed=True) + content[at + 4 :]
            if damaged != content:
                assert "cut off or damaged" in error_of(put(tmp_path, damaged), {"lamps"}), (at, number)


def test_other_versions_and_quantised_models_are_named(tmp_path):
    path = write_model(tmp_path / "m.ftz", WORDS, _matrix(10), buckets=10, quantised=True)
    assert "a quantised fastText model (.ftz), which is not read; give the .bin" in error_of(path)
    path = write_model(tmp_path / "m.bin", WORDS, _matrix(10), buckets=10, version=13)
    assert "version 13" in error_of(path)


def test_supervised_models_of_version_11_have_no_subwords(tmp_path):
    matrix = _matrix(10)
    path = write_model(tmp_path / "m.bin", WORDS, matrix, buckets=10, version=11, model=3)
    words, values, _ = loaded(path, {"lamp", "lamps"})
    assert words == ["lamp"]
    np.testing.assert_array_equal(values[0], matrix[WORDS.index("lamp")])


def test_a_vector_that_is_not_finite_and_a_word_that_is_not_utf8(tmp_path):
    matrix = _matrix(0)
    matrix[1, 2] = np.nan
    words = [*WORDS[:4], b"caf\xe9", *WORDS[5:]]
    path = write_model(tmp_path / "m.bin", words, matrix, buckets=0, maxn=0)
    assert error_of(path, {"the"}) == f"{path}: the vector of 'the' is not finite; train it again"
    words, _, counts = loaded(write_model(tmp_path / "m.bin", words, _matrix(0), buckets=0, maxn=0))
    assert words == [*WORDS[:4], *WORDS[5:]] and counts["words not in UTF-8, left out"] == 1


@pytest.mark.parametrize("model", ["skipgram", "cbow", "supervised"])
def test_the_vectors_are_those_of_fasttext_itself(tmp_path, model):
    fasttext = pytest.importorskip("fasttext", reason="needs fastText: pip install fasttext-numpy2-wheel")
    texts = put(tmp_path, "__label__x turn on the lamp\n__label__y naïve straße 日本語\n" * 60)
    # fastText initialises its matrix in ten equal pieces, a thread each; the rest keeps what was in memory.
    options = dict(dim=10, thread=12, epoch=2, bucket=300, minn=2, maxn=4, minCount=1)
    if model == "supervised":
        trained = fasttext.train_supervised(str(texts), **options)
    else:
        trained = fasttext.train_unsupervised(str(texts), model, **options)
    trained.save_model(str(tmp_path / "m.bin"))
    asked = [*trained.get_words(), *OTHERS]
    words, values, _ = loaded(tmp_path / "m.bin", set(asked))
    assert {*words} == {*asked}
    np.testing.assert_allclose(values, [trained.get_word_vector(word) for word in words], rtol=1e-5, atol=1e-5)
