"""What holds of the tokens of every text: made-up texts, and those of the corpora."""

import re
import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from embdistill.data.corpora import read_corpus
from embdistill.data.tokenizer import Tokenizer
from tokenizer_helpers import (
    EVERY,
    TOKEN_BYTES,
    decoded,
    english,
    english_cased,
    is_space,
    whitespace,
    whitespace_cased,
    without_hidden,
)

PIECES = ["'", "’", "n't", "'s", "'LL", "'ve", "s", "n", "t", "a", "A.", "b.", "1", "1,", ":", ".", "-", "`", " ", "\0"]
PIECES += ["é", "É", "İ", "Ⱥ", "\u0301", "\u200d", "\xad", "م", "👍", "\ufe0f", "€", "字", "_"]
BYTES = [
    b"\xc2",
    b"\xc0",
    b"\xe0",
    b"\xe2\x80",
    b"\xed",
    b"\xa0",
    b"\x80",
    b"\x9f",
    b"\xf0\x9f",
    b"\xf4",
    b"\x90",
    b"\xff",
]
texts = st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=50).map("".join)
longer_texts = texts | st.builds(lambda text, times: text * times, texts, st.integers(1, 100))
raw = st.binary(max_size=200) | st.lists(
    st.sampled_from(BYTES + [piece.encode() for piece in PIECES]), max_size=300
).map(b"".join)
any_text = longer_texts | st.text(st.characters(), max_size=60) | raw
tokenizers = st.sampled_from(EVERY)
thorough = settings(max_examples=500, deadline=None, database=None)


@thorough
@given(any_text, tokenizers)
def test_tokens_are_sound(text, tokenizer):
    tokens = tokenizer(text)
    size = len(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    sizes = [len(token.encode()) for token in tokens]  # raises for what is not valid UTF-8
    assert all(0 < size <= TOKEN_BYTES for size in sizes)
    assert sum(sizes) <= 3 * size and len(tokens) <= size
    assert not any(is_space(character) for token in tokens for character in token)


@thorough
@given(longer_texts | st.text(st.characters(), max_size=60), tokenizers)
def test_str_and_its_bytes_give_the_same(text, tokenizer):
    assert tokenizer(text) == tokenizer(text.encode("utf-8", "replace"))


@thorough
@given(raw, tokenizers)
def test_invalid_bytes_count_as_windows_1252(text, tokenizer):
    assert tokenizer(text) == tokenizer(decoded(text))


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", without_hidden(text))


@thorough
@given(texts)
def test_nothing_is_lost(text):
    assume("\u0301" * 16 not in without_hidden(text))
    solid = without_hidden("".join(character for character in text if not is_space(character)))
    quotes = {ord("’"): "'", ord("`"): "'", ord('"'): "''"}  # as far as English mode makes them alike
    assert nfc("".join(english_cased(text))).translate(quotes) == nfc(solid).translate(quotes)
    assert nfc("".join(whitespace_cased(text))) == nfc(solid)


@thorough
@given(texts)
def test_english_splits_within_the_words_of_whitespace(text):
    assert english_cased(text) == [token for word in whitespace_cased(text) for token in english_cased(word)]


@thorough
@given(texts, tokenizers)
def test_tokenising_tokens_changes_nothing(text, tokenizer):
    """Texts apart that hold n't right after another clitic or an apostrophe, such as x'sn't."""
    assume(not re.search("(n['’]t|['’](s|m|d|re|ve|ll)?)n['’]t", without_hidden(text), re.IGNORECASE))
    tokens = tokenizer(text)
    assert tokenizer(" ".join(tokens)) == tokens


@thorough
@given(texts, st.sampled_from(["english", "whitespace"]))
def test_case_does_not_move_the_splits(text, split):
    cased = Tokenizer(split, lowercase=False)(text)
    lower = Tokenizer(split)(text)
    assert len(cased) == len(lower)
    assert [token for word in cased for token in Tokenizer("whitespace")(word)] == lower


@thorough
@given(st.text(st.characters(max_codepoint=127), max_size=600) | st.text("aB \t\n\x1f\x7f'.", max_size=2000))
def test_whitespace_mode_is_plain_for_ascii(text):
    words = [word[:TOKEN_BYTES] for word in re.findall(r"[^\x00-\x20\x7f]+", text)]
    assert whitespace_cased(text) == words
    assert whitespace(text) == [word.lower() for word in words]


@pytest.fixture(scope="module")
def real_texts(data) -> list[str]:
    files = [("trec/train.label", "trec"), ("trec/test.label", "trec"), ("mr/rt-polarity", "polarity")]
    files += [(f"sst/{part}.txt", "sst5") for part in ("train", "dev", "test")]
    texts = [example.text for name, format in files for example in read_corpus(data / name, format).examples]
    assert len(texts) == 5452 + 500 + 2 * 5331 + 8544 + 1101 + 2210
    return texts


@pytest.mark.parametrize("tokenizer", EVERY, ids=str)
def test_real_corpora(real_texts, tokenizer):
    """Every text has tokens; tokenising them once more changes nothing, without exception."""
    tokens = [tokenizer(text) for text in real_texts]
    assert all(tokens)
    assert [text for text, first in zip(real_texts, tokens, strict=True) if tokenizer(" ".join(first)) != first] == []


def test_a_real_question(real_texts):
    assert " ".join(english(real_texts[0])) == "how did serfdom develop in and then leave russia ?"
