"""English splitting, and splitting at white space."""

import re

import pytest

from tokenizer_helpers import english, english_cased, whitespace, whitespace_cased


@pytest.mark.parametrize("apostrophe", ["'", "’"])
@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("don't", "do n't"),
        ("can't", "ca n't"),
        ("won't", "wo n't"),
        ("it's", "it 's"),
        ("I'm", "i 'm"),
        ("he'd", "he 'd"),
        ("we're", "we 're"),
        ("they've", "they 've"),
        ("she'll", "she 'll"),
        ("shouldn't've", "should n't 've"),
        ("I'd've", "i 'd 've"),
        ("y'all'd've", "y'all 'd 've"),
        ("I'dn't've", "i 'd n't 've"),
        ("ISN'T", "is n't"),
        ("SHOULDN'T'VE", "should n't 've"),
        ("We'Re", "we 're"),
        ("IT'S", "it 's"),
        ("n't", "n't"),
        ("'s", "'s"),
        ("'ll've", "'ll 've"),
        ("'s's's", "'s 's 's"),
        ("don't's", "do n't 's"),
        ("3's", "3 's"),
        ("café's", "café 's"),
        ("cafe\u0301'll", "café 'll"),
        ("u.s.'s", "u.s. 's"),
        ("it's-a", "it 's - a"),
        ("“it's”", "“ it 's ”"),
        ("it's,don't.", "it 's , do n't ."),
        ("o'clock", "o'clock"),
        ("O'Reilly's", "o'reilly 's"),
        ("rock'n'roll", "rock'n'roll"),
        ("ma'am s'mores", "ma'am s'mores"),
        ("it'so 'sfoo 'retro", "it'so ' sfoo ' retro"),
        ("don'ts can'ts", "don'ts can'ts"),
        ("cats' x'", "cats ' x '"),
        ("'tis '90s", "' tis ' 90s"),
        ("it's9 it'sé", "it's9 it'sé"),
    ],
)
def test_apostrophes(text, tokens, apostrophe):
    assert english(text.replace("'", apostrophe)) == tokens.split()


@pytest.mark.parametrize("text", ["rock'n't", "x’n’t", "o'n't've"])
def test_no_word_ends_in_an_apostrophe(text):
    assert [token for token in english(text) if re.search(r"\w'$", token)] == []


def test_only_english_mode_makes_apostrophes_alike():
    assert english("don’t ’") == ["do", "n't", "'"]
    assert english_cased("don’t ’") == ["do", "n't", "'"]
    assert whitespace("don’t ’") == ["don’t", "’"]
    assert english("don‘t") == ["don", "‘", "t"]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("1,000.50", "1,000.50"),
        ("10:30", "10:30"),
        ("1:30pm", "1:30pm"),
        ("3.14.", "3.14 ."),
        ("1,000, 10:30:", "1,000 , 10:30 :"),
        ("1.2.3", "1.2.3"),
        ("1,,2", "1 , , 2"),
        ("1..2", "1 .. 2"),
        (".5", ". 5"),
        ("1.a a.1", "1 . a a . 1"),
        ("1.5a a1.5", "1.5a a1.5"),
        ("-5", "- 5"),
        ("1/2 1;2", "1 / 2 1 ; 2"),
        ("$5.00 50%", "$ 5.00 50 %"),
        ("1990s 3rd", "1990s 3rd"),
        ("١.٢", "١ . ٢"),  # only ASCII digits are joined
    ],
)
def test_numbers(text, tokens):
    assert english(text) == tokens.split()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("u.s.", "u.s."),
        ("U.S.A.", "u.s.a."),
        ("i.e., a", "i.e. , a"),
        ("at 5 a.m.", "at 5 a.m."),
        ("u.s..", "u.s. ."),
        ("u.s...", "u.s. .."),
        ("u.s.-led", "u.s. - led"),
        ("(u.s.)", "( u.s. )"),
        ("u.s", "u . s"),
        ("u.s.a", "u . s . a"),
        ("u.s.é", "u . s . é"),
        ("a. b.", "a . b ."),
        ("mr. x", "mr . x"),
        ("é.è.", "é . è ."),  # only ASCII letters
        ("a.b.c.d.e.f.g.h.", "a.b.c.d.e.f.g.h."),
        ("a.b.c.d.e.f.g.h.i.", "a . b.c.d.e.f.g.h.i."),  # at most 8 letters
    ],
)
def test_abbreviations(text, tokens):
    assert english(text) == tokens.split()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("wait...what", "wait ... what"),
        (".. ....", ".. ...."),
        ("a--b", "a -- b"),
        ("---", "---"),
        ("''''", "''''"),
        (".-.", ". - ."),
        ("’’", "' '"),
        ("well-known", "well - known"),
        ("!!??", "! ! ? ?"),
        ('"hi"', '" hi "'),
        ("(a)[b]{c}", "( a ) [ b ] { c }"),
        ("a/b\\c_d", "a / b \\ c _ d"),
        ("#tag @me", "# tag @ me"),
        ("http://x.com/?a=1&b", "http : / / x . com / ? a = 1 & b"),
        ("«a»—b…", "« a » — b …"),
        ("a,b;c", "a , b ; c"),
        ("你好。再见！", "你好 。 再见 ！"),
        ("हिन्दी।", "हिन्दी ।"),
        ("＇ａ，", "＇ ａ ，"),
    ],
)
def test_punctuation(text, tokens):
    assert english(text) == tokens.split()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("``a''", '" a "'),
        ("it''s", 'it " s'),
        ("`a' ```b'''", "` a ' ``` b '''"),
        ("`` '' ` ' ' `'", "\" \" ` ' ' ` '"),
        ("’’ ’'", "' ' ' '"),
    ],
)
def test_treebank_quotes(text, tokens):
    assert english(text) == english_cased(text) == tokens.split()
    assert whitespace(text) == text.split()


def test_whitespace_mode_splits_at_space_only():
    text = "  Don't  stop...\tU.S.\r\n1,000$ -LRB-\xa0“x”\u3000y\x85z "
    assert whitespace_cased(text) == ["Don't", "stop...", "U.S.", "1,000$", "-LRB-", "“x”", "y", "z"]
    assert whitespace(text) == ["don't", "stop...", "u.s.", "1,000$", "-lrb-", "“x”", "y", "z"]
