"""The words that texts ask of a vector file, and what is found among them."""

import gzip

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embdistill.data.corpora import read_corpus
from embdistill.data.tokenizer import Tokenizer
from embdistill.data.vectors import load_vectors, open_vectors
from embdistill.data.wanted import WantedWords, encoded

thorough = settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
ALPHABET = "我你好ab' "
texts = st.lists(st.text(ALPHABET, max_size=20), max_size=4)
words = st.text("我你好ab'", min_size=1, max_size=5)


def test_words_and_stretches():
    wanted = WantedWords(Tokenizer(), ["我的包裹 Lamp l'homme"])
    for word in ["lamp", "我", "我的", "的包裹", "我的包裹", "l'homme", "l'", "homme"]:
        assert word in wanted and word.encode() in wanted
    for word in ["Lamp", "我包", "包裹我", "裹包", "hom", "手机", "élan", "我的 包裹", "包裹l'", "<unk>", "\ufffd"]:
        assert word not in wanted and word.encode() not in wanted
    assert b"\xe6\x88" not in wanted


def test_pairs_that_stand_apart_are_not_told_from_neighbours():
    """Pairs stand for stretches: a word of pairs from two places is asked for in vain, and left out later."""
    wanted = WantedWords(Tokenizer(), ["我的", "的包"])
    assert "我的包" in wanted
    assert wanted.tokens({"我的包", "我的", "包"}) == {"我的", "的", "包"}


def test_a_plain_set_where_spaces_set_all_words_apart():
    assert WantedWords(Tokenizer(), ["Turn it on, d'Artagnan"], {"X"}).encoded() == {
        word.encode() for word in ["turn", "it", "on", ",", "d'artagnan", "d'", "artagnan", "X", "x"]
    }
    assert WantedWords(Tokenizer("whitespace"), ["我的 l'eau"]).encoded() == {"我的".encode(), b"l'eau"}
    assert encoded(["a", "é"]) == {b"a", "é".encode()}


def test_the_unknown_word_is_never_wanted():
    assert b"<unk>" not in WantedWords(Tokenizer("whitespace"), ["a <unk>"]).encoded()


@thorough
@given(texts, st.sets(words, max_size=12))
def test_all_that_the_tokenizer_may_use_is_wanted(texts, known):
    """Whatever words a file has, those that the tokenizer finds are among those asked for."""
    tokenizer = Tokenizer()
    wanted = WantedWords(tokenizer, texts)
    used = {token for text in texts for token in tokenizer(text, known)} & known
    assert [word for word in used if word not in wanted] == []
    kept = {word for word in known if word in wanted}
    assert [tokenizer(text, kept) for text in texts] == [tokenizer(text, known) for text in texts]


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_any_text_file_answers(tmp_path, packed, quote):
    names = "我 的 包裹 手机 包 lamp l' Ampoule".split()
    rows = "".join(f"{quote}{name}{quote} 0.5 -1.5 2\n" for name in names).encode()
    path = tmp_path / f"v.txt{packed}"
    path.write_bytes(gzip.compress(rows) if packed else rows)
    found, vectors = load_vectors(open_vectors(path), WantedWords(Tokenizer(), ["我的包裹 l'ampoule lamp"]))
    assert found == ["我", "的", "包裹", "包", "lamp", "l'"] and vectors.shape == (6, 3)


def test_english_corpora_stay_as_they_are(data):
    """The words of the shared vectors set nothing apart in English texts: tokens are as without known words."""
    files = [("trec/train.label", "trec"), ("trec/test.label", "trec"), ("mr/rt-polarity", "polarity")]
    files += [(f"sst/{part}.txt", "sst5") for part in ("train", "dev", "test")]
    files += [(f"semeval2010_task8/{name}.TXT", "semeval") for name in ("TRAIN_FILE", "TEST_FILE_FULL")]
    texts = [example.text for name, format in files for example in read_corpus(data / name, format).examples]
    tokenizer = Tokenizer()
    wanted = WantedWords(tokenizer, texts)
    known = frozenset(load_vectors(open_vectors(data / "vectors/vectors.300d.txt.gz"), wanted)[0])
    assert len(texts) > 30_000 and len(known) > 20_000
    changed = [text for text in texts if tokenizer(text, known) != tokenizer(text)]
    assert changed == []
