"""Words that no space sets apart, found among the known ones."""

import re
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embdistill.data.tokenizer import Tokenizer

english = Tokenizer()
LONGEST = 16  # characters of a word
thorough = settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize(
    ("text", "known", "tokens"),
    [
        ("我的包裹到哪里了", "我 的 包裹 到 哪里 了", "我 的 包裹 到 哪里 了"),
        ("我的包裹到哪里了", "我 包裹 哪里", "我 的 包裹 到 哪里 了"),
        ("我的包裹到哪里了", "", "我的包裹到哪里了"),  # what is unknown stays together
        ("我的包裹", "包裹", "我的 包裹"),
        ("中国人民", "中国 中国人 人民", "中国人 民"),  # the longest first
        ("我爱你。真的！", "我 爱 你 真的", "我 爱 你 。 真的 ！"),
        ("買ったiPhoneを", "買っ た iphone を", "買っ た iphone を"),
        ("手机isn't好", "手机 is n't 好", "手机 isn't 好"),
        ("穿T恤3.5寸唱卡拉OK", "穿 t恤 唱 卡拉ok 寸", "穿 t恤 3.5 寸 唱 卡拉ok"),
        ("カタカナ語ﾃｽﾄ", "カタカナ 語 ﾃｽﾄ", "カタカナ 語 ﾃｽﾄ"),
        ("ฉันรักเธอ", "ฉัน รัก เธอ", "ฉัน รัก เธอ"),
        ("ที่นี่", "ท น", "ที่นี่"),  # no word ends before a vowel sign or a tone
        ("ຂ້ອຍຮັກເຈົ້າ", "ຂ້ອຍ ຮັກ ເຈົ້າ", "ຂ້ອຍ ຮັກ ເຈົ້າ"),
        ("ខ្ញុំស្រលាញ់អ្នក", "ខ្ញុំ ស្រលាញ់ អ្នក", "ខ្ញុំ ស្រលាញ់ អ្នក"),
        ("ខ្ញុំ", "ខ", "ខ្ញុំ"),  # nor before the letter below
        ("ငါမင်းကိုချစ်တယ်။", "ငါ မင်း ကို ချစ် တယ်", "ငါ မင်း ကို ချစ် တယ် ။"),
        ("𠮷野家", "𠮷 野家", "𠮷 野家"),
        ("한국어 띄어쓰기", "한국", "한국어 띄어쓰기"),  # Korean has spaces
        ("l'homme d'aujourd'hui", "l' d' homme aujourd'hui", "l' homme d' aujourd'hui"),
        ("l’homme L’HOMME", "l' homme", "l' homme l' homme"),
        ("l'homme", "homme", "l'homme"),
        ("l'homme", "l' l'homme homme", "l'homme"),
        ("qu'est-ce qu'il", "qu' est ce il", "qu' est - ce qu' il"),
        ("dell'arte all'una", "dell' arte all' una", "dell' arte all' una"),
        ("jusqu'à l'eau's", "jusqu' l'", "jusqu' à l' eau 's"),
        ("rock'n'roll o'clock don't it's", "o'clock do n't", "rock'n'roll o'clock do n't it 's"),
        ("d'd l's", "d' l'", "d 'd l 's"),  # English clitics come first
    ],
)
def test_words(text, known, tokens):
    known = set(known.split())
    assert english(text, known) == tokens.split()
    assert english(unicodedata.normalize("NFD", text), known) == tokens.split()
    assert english(text.encode(), dict.fromkeys(known)) == tokens.split()


def test_without_known_words_nothing_is_set_apart():
    assert english("我的iPhone l'homme") == ["我的iphone", "l'homme"]
    assert Tokenizer("whitespace")("我的包裹 l'homme", {"我", "l'"}) == ["我的包裹", "l'homme"]


def test_a_word_has_at_most_16_characters():
    for length in (LONGEST, LONGEST + 1):
        word = "".join(map(chr, range(0x4E00, 0x4E00 + length)))
        assert english(f"x {word}字", {word}) == ["x", *([word, "字"] if length == LONGEST else [word + "字"])]


def test_runs_that_are_longer_than_a_token_lose_nothing():
    assert english("包裹" * 1000, {"包裹"}) == ["包裹"] * 1000
    assert english("ab" * 500 + "包裹", {"包裹"}) == [("ab" * 500)[:256], "包裹"]


ALPHABET = "我你好的ับaB1"
words = st.text(ALPHABET, min_size=1, max_size=4).filter(lambda word: not re.match("[ัa-zA-Z0-9]", word[0]))
texts = st.text(ALPHABET + " ,", max_size=40)


def places(run: str) -> list[int]:
    """Where words may end in a run of letters: not between two of scripts with spaces, and not before a vowel sign."""
    spaced = [bool(re.match("[a-zA-Z0-9]", letter)) for letter in run]
    return [i for i in range(1, len(run)) if run[i] != "ั" and not (spaced[i - 1] and spaced[i])] + [len(run)]


def segmented(run: str, known: set[str]) -> list[str]:
    """The plainest way: the longest known word at each place, else up to where one starts or the script changes."""
    ends, tokens, begun = places(run), [], 0
    starts = [0, *ends[:-1]]
    at = 0
    while at < len(run):
        candidates = [end for end in ends if end > at][:LONGEST]
        longest = max((end for end in candidates if run[at:end] in known), default=at)
        is_spaced = re.match("[a-z0-9]", run[at])
        if is_spaced:
            longest = max(longest, candidates[0])
        if longest > at:
            tokens += [run[begun:at]] * (begun < at) + [run[at:longest]]
            begun = at = longest
        else:
            at = candidates[0]
            if at < len(run) and re.match("[a-z0-9]", run[at]):
                tokens.append(run[begun:at])
                begun = at
    assert all(begun in (*starts, len(run)) for begun in [begun])
    return tokens + [run[begun:]] * (begun < len(run))


@thorough
@given(texts, st.sets(words, max_size=8))
def test_as_the_plainest_way(text, known):
    known = {word.lower() for word in known}
    runs = re.findall("[我你好的ับa-z0-9]+|,", text.lower())
    runs = [run for run in runs if not run.startswith("ั")] if "ั" in text else runs
    if not re.search("(^|[ ,])ั|[a-zA-Z0-9]ั|[1],[1]", text):
        assert english(text, known) == [token for run in runs for token in segmented(run, known)]


@thorough
@given(texts, st.sets(words, max_size=8))
def test_the_words_that_were_used_are_enough(text, known):
    """Greedy longest match over the words that it used finds them again: so a vocabulary needs no others."""
    tokens = english(text, known)
    assert english(text, known & set(tokens)) == tokens


@thorough
@given(texts, st.sets(words, max_size=8))
def test_tokens_are_not_set_apart_further(text, known):
    tokens = english(text, known)
    assert [part for token in tokens for part in english(token, known)] == tokens


@thorough
@given(texts, st.sets(words, max_size=8))
def test_nothing_is_lost(text, known):
    assert "".join(english(text, known)) == "".join(text.lower().split())


@pytest.mark.parametrize(
    "text", ["包" * 100_000, "包裹" * 50_000, "包a" * 50_000, "a'" * 50_000 + "a", "ก" + "ั" * 100_000]
)
def test_long_runs_take_linear_time(text):
    questions = []

    class Counting:
        def __contains__(self, word):
            questions.append(len(word))
            return False

    english(text, Counting())
    assert len(questions) <= LONGEST * len(text)


def test_an_error_in_known_is_raised():
    class Broken:
        def __contains__(self, word):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        english("包裹", Broken())
    with pytest.raises(TypeError):
        english("包裹", 3)
    assert english("plain words", 3) == ["plain", "words"]
