"""Typing errors: how many, of which kinds, one edit each, the same ones every time, and never in a mark."""

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embdistill.data.corpora import read_corpus
from embdistill.data.prepare import raw_texts
from embdistill.data.relations import MARKS, tokenize_marked
from embdistill.data.tokenizer import Tokenizer
from embdistill.data.typos import KEYBOARD, NEIGHBOURS, SHARES, Typos
from embdistill.errors import UserError

WORD = "keyboard"
texts = st.text(st.sampled_from("abcdEFG éß  жЖя水語กิ क्षि.,'-<1😀\ud800") | st.characters(), max_size=60)
seeds = st.integers(0, 2**63 - 1)


def distance(a, b):
    """Edits from a to b: deletions, insertions, substitutions, swaps of neighbours (optimal string alignment)."""
    rows = [list(range(len(b) + 1))]
    for i in range(1, len(a) + 1):
        row = [i]
        for j in range(1, len(b) + 1):
            edits = [rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] != b[j - 1])]
            if i > 1 and j > 1 and a[i - 2 : i] == b[j - 1] + b[j - 2]:
                edits.append(rows[i - 2][j - 2] + 1)
            row.append(min(edits))
        rows.append(row)
    return rows[-1][-1]


def kind_of(word, typed):
    """The kind of error that makes `typed` of a word without doubled letters, alone in its text."""
    if len(typed) < len(word):
        return "deletion"
    if len(typed) == len(word):
        return "swap" if sorted(typed) == sorted(word) else "substitution"
    return "doubling" if any(typed == word[:i] + word[i] + word[i:] for i in range(len(word))) else "insertion"


@given(texts, st.floats(0, 1, exclude_min=True), seeds)
def test_one_edit_in_each_edited_word(text, rate, seed):
    (typed,), words, edited = Typos(rate, seed)([text])
    assert distance(text, typed) <= edited <= words
    assert (typed == text) == (edited == 0)
    assert Typos(rate, seed)([text]) == ([typed], words, edited)


@given(st.text("abcDéßжЖ水語 .'_1", max_size=60), seeds)
def test_at_rate_one_every_longer_word_is_edited(text, seed):
    longer = re.findall(r"[^\W\d_]{4,}", text)
    assert Typos(1, seed)([text])[1:] == (len(longer), len(longer))


@given(st.lists(texts, max_size=4), seeds)
def test_the_errors_of_a_text_do_not_depend_on_the_others(several, seed):
    typos = Typos(0.5, seed)
    alone = [typos([text]) for text in several]
    assert typos(several).texts == [found.texts[0] for found in alone]
    assert typos(several).edited == sum(found.edited for found in alone)


@pytest.mark.parametrize("rate", [0.05, 0.2, 0.8])
def test_rate(rate):
    typed = Typos(rate)(f"{WORD} {i} abc" for i in range(4000))
    assert typed.words == 4000
    assert typed.edited == pytest.approx(4000 * rate, abs=4 * (4000 * rate * (1 - rate)) ** 0.5)


def test_kinds_have_their_shares():
    found, times = Counter(), 6000
    for seed in range(times):
        typed = Typos(1, seed)([f"{WORD} is"]).texts[0]
        found["missing space" if " " not in typed else kind_of(WORD, typed.removesuffix(" is"))] += 1
    for kind, share in SHARES.items():
        assert 100 * found[kind] / times == pytest.approx(share, abs=2.5), kind
    assert sum(SHARES.values()) == 100 and found.total() == times


def test_keys_touch():
    assert ["".join(sorted(NEIGHBOURS[key])) for key in "sqpm"] == ["adewxz", "aw", "lo", "jkn"]
    assert all(key in NEIGHBOURS[near] for key in "".join(KEYBOARD) for near in NEIGHBOURS[key])


@pytest.mark.parametrize("word", ["лампа", "λάμπα", "κλειδί", "लैंप लैंप", "مصباح", "램프가좋다", "Kühlschränke"])
def test_other_scripts_have_letters_of_the_text(word):
    found = {Typos(1, seed)([word]).texts[0] for seed in range(200)}
    assert len(found) > 10
    assert {letter for typed in found for letter in typed if not letter.isascii()} <= set(word)


def test_short_words_numbers_and_a_word_of_one_letter():
    assert Typos(1)(["the cat 12345 a1b2c3d4 don't 😀😀😀😀"]) == (["the cat 12345 a1b2c3d4 don't 😀😀😀😀"], 0, 0)
    assert {Typos(1, seed)(["яяяя"]).texts[0] for seed in range(100)} == {"яяя", "яяяяя"}


@given(st.permutations(MARKS), st.lists(texts.filter(lambda text: "<" not in text), min_size=5, max_size=5), seeds)
def test_marks_stay(marks, between, seed):
    text = between[0] + "".join(map(str.__add__, marks, between[1:]))
    typed = Typos(1, seed)([text]).texts[0]
    assert re.findall("</?e[12]>", typed) == list(marks)


def test_real_relations_stay_relations(data):
    corpus = read_corpus(data / "semeval2010_task8" / "TEST_FILE_FULL.TXT")
    typed = Typos(1)(raw_texts(corpus)[:500])
    tokenizer = Tokenizer()
    for text in typed.texts:
        tokenize_marked(tokenizer, text)  # no MarkError
    assert typed.words == typed.edited > 3000


@pytest.mark.parametrize(
    ("rate", "seed", "said"),
    [
        ("x", None, "--typos x: must be a number"),
        ("0", None, "--typos 0: must be above 0, and at most 1, as 0.2"),
        ("1.5", None, "--typos 1.5: must be above 0"),
        ("nan", None, "--typos nan: must be above 0"),
        ("0.2", "1.5", "--typo-seed 1.5: must be a whole number"),
        ("0.2", "-1", "--typo-seed -1: must be from 0"),
        (None, "1", "--typo-seed goes with --typos"),
    ],
)
def test_refused(rate, seed, said):
    with pytest.raises(UserError, match=re.escape(said)):
        Typos.from_options(rate, seed)


def test_from_options():
    assert Typos.from_options(None, None) is None
    assert Typos.from_options("0.2", None) == Typos(0.2, 0)
    assert Typos.from_options("1", "7").as_dict() == {"rate": 1.0, "seed": 7}
