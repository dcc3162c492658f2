import codecs
import re
import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from embdistill.data.corpora import read_corpus
from embdistill.data.tokenizer import Tokenizer

TOKEN_BYTES = 256  # EMBDISTILL_TOKEN_BYTES

english = Tokenizer()
english_cased = Tokenizer(lowercase=False)
whitespace = Tokenizer("whitespace")
whitespace_cased = Tokenizer("whitespace", lowercase=False)
EVERY = [english, english_cased, whitespace, whitespace_cased]


def is_space(character: str) -> bool:
    """White space and control characters of Unicode, and the invisible ones that embdistill.c counts with them."""
    return (
        character.isspace()
        or unicodedata.category(character) == "Cc"
        or character in "\u200b\u2060\ufeff"
        or "\ufe00" <= character <= "\ufe0f"
    )


def _byte_as_latin1(error):
    return chr(error.object[error.start]), error.start + 1


codecs.register_error("embdistill-test-byte", _byte_as_latin1)


def decoded(text: bytes) -> str:
    """The text with every byte that is not part of valid UTF-8 read as Latin-1."""
    return text.decode("utf-8", "embdistill-test-byte")


# ---- English splitting ----


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
        ("cafe\u0301'll", "cafe\u0301 'll"),
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


def test_combining_marks_stay_in_their_word():
    assert english("CAFE\u0301S a\u0300\u0323b") == ["cafe\u0301s", "a\u0300\u0323b"]
    assert english("\u0301") == ["\u0301"]


def test_emoji_are_tokens_of_their_own():
    assert english("good👍bad") == ["good", "👍", "bad"]
    assert english("👍👍🏽") == ["👍", "👍", "🏽"]
    assert english("I ❤\ufe0f u") == ["i", "❤", "u"]  # the variation selector is dropped
    assert english("🇬🇧") == ["🇬", "🇧"]
    assert whitespace("a👍 👍b") == ["a👍", "👍b"]


@pytest.mark.parametrize("tokenizer", EVERY, ids=str)
@pytest.mark.parametrize("text", ["", " ", "\t\r\n\f\v", "\0\0", "\x7f\x85\xa0\u3000", "\u200b\u2060\ufeff\ufe0f"])
def test_nothing_but_space(text, tokenizer):
    assert tokenizer(text) == tokenizer(text.encode()) == []


def test_every_character_is_space_or_not():
    for code in (*range(0xD800), *range(0xE000, 0x110000)):
        character = chr(code)
        text = f"x{character}x"
        if is_space(character):
            assert whitespace_cased(text) == english_cased(text) == ["x", "x"], hex(code)
        else:
            assert whitespace_cased(text) == [text], hex(code)


def test_letters_digits_and_marks_of_every_script_join_a_word():
    letterlike = range(0x2100, 0x2150)  # ℂ, ℓ and the like are symbols here
    split = [
        hex(code)
        for code in (*range(0xD800), *range(0xE000, 0x110000))
        if (unicodedata.category(chr(code))[0] in "LM" or unicodedata.category(chr(code)) == "Nd")
        and not is_space(chr(code))
        and code not in letterlike
        and english_cased(f"x{chr(code)}x") != [f"x{chr(code)}x"]
    ]
    assert split == []


@pytest.mark.parametrize(
    "block", [(0x21, 0x7F), (0xA1, 0x250), (0x2010, 0x2028), (0x2030, 0x205F), (0x20A0, 0x20C1), (0xFF01, 0xFF66)]
)
def test_punctuation_and_symbols_split_a_word(block):
    joined = [
        chr(code)
        for code in range(*block)
        if unicodedata.category(chr(code))[0] in "PS" and english_cased(f"x{chr(code)}x") != ["x", chr(code), "x"]
    ]
    assert joined == [character for character in "'’" if block[0] <= ord(character) < block[1]]


def test_nul_is_white_space():
    assert english("a\0b\0\0c") == whitespace("a\0b\0\0c") == ["a", "b", "c"]
    assert english(b"\0it's\0") == ["it", "'s"]


# ---- Whitespace mode and case ----


def test_whitespace_mode_splits_at_space_only():
    text = "  Don't  stop...\tU.S.\r\n1,000$ -LRB-\xa0“x”\u3000y\x85z "
    assert whitespace_cased(text) == ["Don't", "stop...", "U.S.", "1,000$", "-LRB-", "“x”", "y", "z"]
    assert whitespace(text) == ["don't", "stop...", "u.s.", "1,000$", "-lrb-", "“x”", "y", "z"]


def test_case_is_kept_where_asked():
    assert english_cased("Paris ISN'T U.S. ÉTÉ ΩΣ Яй") == ["Paris", "IS", "N'T", "U.S.", "ÉTÉ", "ΩΣ", "Яй"]
    assert english("Paris ISN'T U.S. ÉTÉ ΩΣ Яй") == ["paris", "is", "n't", "u.s.", "été", "ωσ", "яй"]


@pytest.mark.parametrize("tokenizer", [english, whitespace], ids=str)
@pytest.mark.parametrize(
    "block",
    [
        pytest.param((0x0000, 0x0250), id="Latin"),
        pytest.param((0x0250, 0x02B0), id="IPA"),
        pytest.param((0x0370, 0x0400), id="Greek"),
        pytest.param((0x0400, 0x0530), id="Cyrillic"),
        pytest.param((0x0530, 0x0590), id="Armenian"),
        pytest.param((0x1E00, 0x1F00), id="Latin additional"),
        pytest.param((0x1F00, 0x2000), id="Greek extended"),
        pytest.param((0xFF00, 0xFFF0), id="full-width"),
    ],
)
def test_lower_case_is_that_of_unicode(block, tokenizer):
    newer = tuple(map(int, unicodedata.unidata_version.split("."))) > (14, 0, 0)
    for code in range(*block):
        character, lower = chr(code), chr(code).lower()
        if is_space(character) or len(lower) != 1:
            continue
        # a later Unicode may give a letter the lower case that 14 lacks
        allowed = {lower, character} if newer and unicodedata.category(lower) == "Cn" else {lower}
        tokens = tokenizer(character)
        assert len(tokens) == 1 and tokens[0].replace("'", character if character == "’" else "'") in allowed, hex(code)


def test_lower_case_is_the_simple_mapping():
    assert english("İ") == ["i"]  # str.lower() adds a combining dot
    assert english("ΟΔΟΣ") == ["οδοσ"]  # str.lower() writes the sigma at the end as ς
    assert english("ẞ ß") == ["ß", "ß"]


def test_scripts_outside_the_table_keep_their_case():
    for text in ["ᲐᲑ", "ႠႡ", "Ꭰ", "𐐀", "Ⰰ"]:
        assert english(text) == [text]


# ---- Bytes ----


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"a\xc0\xafb", id="overlong 2"),
        pytest.param(b"\xc1\xbf", id="overlong 2, highest"),
        pytest.param(b"\xe0\x80\xaf", id="overlong 3"),
        pytest.param(b"\xe0\x9f\xbf", id="overlong 3, highest"),
        pytest.param(b"\xf0\x80\x80\xaf", id="overlong 4"),
        pytest.param(b"\xf0\x8f\xbf\xbf", id="overlong 4, highest"),
        pytest.param(b"\xed\xa0\x80", id="first surrogate"),
        pytest.param(b"\xed\xbf\xbf", id="last surrogate"),
        pytest.param(b"\x80a\xbf", id="stray continuation"),
        pytest.param(b"\xfe\xff", id="never in UTF-8"),
        pytest.param(b"\xf8\x88\x80\x80\x80", id="five bytes"),
        pytest.param(b"\xf4\x90\x80\x80", id="first above U+10FFFF"),
        pytest.param(b"\xf5\x80\x80\x80", id="lead above U+10FFFF"),
        pytest.param(b"\xc3", id="cut off 1 of 2"),
        pytest.param(b"\xe2\x82", id="cut off 2 of 3"),
        pytest.param(b"\xf0\x9f\x91", id="cut off 3 of 4"),
        pytest.param(b"\xe2\x82 a", id="cut off by a space"),
        pytest.param(b"\xe2\xe2\x82\xac", id="cut off by the next"),
        pytest.param(b"caf\xe9s", id="Latin-1"),
        pytest.param(b"it\x92s", id="Windows-1252"),
        pytest.param(b"a'\xc3", id="after an apostrophe"),
        pytest.param(b"it's\xff", id="after a clitic"),
        pytest.param(b"u.s.\xe2", id="after an abbreviation"),
        pytest.param(b"1.\xc2", id="after a number"),
    ],
)
def test_invalid_utf8_is_read_as_latin1(text):
    assert english(text) == english(decoded(text))
    assert whitespace(text) == whitespace(decoded(text))


def test_invalid_utf8_beside_valid():
    assert english(b"caf\xe9s caf\xc3\xa9s") == ["cafés", "cafés"]
    assert english(b"it\x92s") == ["it", "s"]  # a control character of Latin-1
    assert english(b"\xfe\xff") == ["þÿ"]
    assert english(b"a\xc0\xafb") == ["aà", "¯", "b"]
    assert english(b"it's\xa1 u.s.\xa7") == ["it", "'s", "¡", "u.s.", "§"]


@pytest.mark.parametrize("character", ["\x7e", "\xa1", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "\U00010000"])
def test_ends_of_the_ranges_of_utf8(character):
    assert whitespace_cased(character) == whitespace_cased(character.encode()) == [character]


def test_highest_character():
    assert english(b"\xf4\x8f\xbf\xbf") == ["\U0010ffff"]


def test_lone_surrogates_are_question_marks():
    assert english("a\ud800b") == ["a", "?", "b"]
    assert whitespace("a\ud800b \udfff") == ["a?b", "?"]
    assert english("\ud83d\udc4d") == ["?", "?"]  # a pair in a str is not a character


@pytest.mark.parametrize("text", [None, 3, bytearray(b"a"), memoryview(b"a"), ["a"]])
def test_only_str_and_bytes(text):
    with pytest.raises(TypeError):
        english(text)


# ---- Long tokens and long texts ----


@pytest.mark.parametrize(
    ("text", "token"),
    [
        pytest.param("a" * 255, "a" * 255, id="255"),
        pytest.param("a" * 256, "a" * 256, id="256"),
        pytest.param("a" * 257, "a" * 256, id="257"),
        pytest.param("é" * 128, "é" * 128, id="256 of 2"),
        pytest.param("é" * 129, "é" * 128, id="258 of 2"),
        pytest.param("a" + "é" * 128, "a" + "é" * 127, id="257, mid-character"),
        pytest.param("a" * 255 + "éb", "a" * 255, id="nothing after what does not fit"),
        pytest.param("क" * 100, "क" * 85, id="3 bytes"),
        pytest.param("𐐨" * 100, "𐐨" * 64, id="4 bytes"),
        pytest.param("Ⱥ" * 128, "ⱥ" * 85, id="lower case is longer"),
    ],
)
@pytest.mark.parametrize("tokenizer", [english, whitespace], ids=str)
def test_long_tokens_are_cut_at_256_bytes(text, token, tokenizer):
    assert tokenizer(f"x {text} y") == tokenizer(f"x {text} y".encode()) == ["x", token, "y"]


def test_long_run_of_invalid_bytes():
    assert whitespace(b"\xff" * 1000 + b" a") == ["ÿ" * 128, "a"]
    assert english(b"\xa7" * 1000) == ["§"] * 1000


ADVERSARIES = {  # what would be quadratic in a careless tokenizer: the text for n, and its tokens
    "abbreviation": (lambda n: "a." * n + "a", lambda n: ["a", "."] * n + ["a"]),
    "abbreviation, closed": (lambda n: "a." * n, lambda n: ["a", "."] * (n - 8) + ["a." * 8]),
    "apostrophes": (lambda n: "'" * 2 * n, lambda n: ["'" * 256]),
    "typographic apostrophes": (lambda n: "’" * n, lambda n: ["'"] * n),
    "n't": (lambda n: "n't" * n, lambda n: [("n't" * n)[:256], "n't"]),
    "n't, spread": (lambda n: "an't " * n, lambda n: ["a", "n't"] * n),
    "'s": (lambda n: "'s" * n, lambda n: ["'s"] * n),
    "'s in a word": (lambda n: "x" + "'sx" * n, lambda n: [("x" + "'sx" * n)[:256]]),
    "'ll": (lambda n: "x" + "'ll" * n, lambda n: ["x"] + ["'ll"] * n),
    "n'": (lambda n: "n'" * n, lambda n: [("n'" * n)[:256], "'"]),
    "number": (lambda n: "1." * n, lambda n: [("1." * n)[:256], "."]),
    "letters": (lambda n: "a" * n, lambda n: ["a" * 256]),
    "periods": (lambda n: "." * n, lambda n: ["." * 256]),
    "spaces": (lambda n: " " * n, lambda n: []),
    "spaced": (lambda n: "a " * n, lambda n: ["a"] * n),
    "stray bytes": (lambda n: b"\xe2\x80" * n, lambda n: ["â"] * n),
}


@pytest.mark.parametrize("name", ADVERSARIES)
def test_long_adversarial_texts(name):
    text, tokens = ADVERSARIES[name]
    for n in (500, 500_000):
        assert english(text(n)) == tokens(n)


@pytest.mark.parametrize("text", ["a." * 500_000 + "a", "'" * 1_000_000, "n't" * 300_000])
def test_long_texts_in_whitespace_mode(text):
    assert whitespace(text) == [text[:256]]


# ---- Properties ----

PIECES = ["'", "’", "n't", "'s", "'LL", "'ve", "s", "n", "t", "a", "A.", "b.", "1", "1,", ":", ".", "-", "`", " ", "\0"]
PIECES += ["é", "É", "İ", "Ⱥ", "\u0301", "\u200d", "👍", "\ufe0f", "€", "字", "_"]
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
def test_invalid_bytes_count_as_replacement_characters(text, tokenizer):
    assert tokenizer(text) == tokenizer(decoded(text))


@thorough
@given(texts)
def test_nothing_is_lost(text):
    solid = "".join(character for character in text if not is_space(character))
    quotes = {ord("’"): "'", ord("`"): "'", ord('"'): "''"}  # as far as English mode makes them alike
    assert "".join(english_cased(text)).translate(quotes) == solid.translate(quotes)
    assert "".join(whitespace_cased(text)) == solid


@thorough
@given(texts)
def test_english_splits_within_the_words_of_whitespace(text):
    assert english_cased(text) == [token for word in whitespace_cased(text) for token in english_cased(word)]


@thorough
@given(texts, tokenizers)
def test_tokenising_tokens_changes_nothing(text, tokenizer):
    """Texts apart that hold n't right after another clitic or an apostrophe, such as x'sn't."""
    assume(not re.search("(n['’]t|['’](s|m|d|re|ve|ll)?)n['’]t", text, re.IGNORECASE))
    tokens = tokenizer(text)
    assert tokenizer(" ".join(tokens)) == tokens


@thorough
@given(texts, st.sampled_from(["english", "whitespace"]))
def test_case_does_not_move_the_splits(text, split):
    cased = Tokenizer(split, lowercase=False)(text)
    lower = Tokenizer(split)(text)
    assert [len(token) for token in cased] == [len(token) for token in lower]
    assert [token for word in cased for token in Tokenizer("whitespace")(word)] == lower


@thorough
@given(st.text(st.characters(max_codepoint=127), max_size=600) | st.text("aB \t\n\x1f\x7f'.", max_size=2000))
def test_whitespace_mode_is_plain_for_ascii(text):
    words = [word[:TOKEN_BYTES] for word in re.findall(r"[^\x00-\x20\x7f]+", text)]
    assert whitespace_cased(text) == words
    assert whitespace(text) == [word.lower() for word in words]


# ---- The real corpora ----


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
