"""Tokens are cut at 256 bytes, and no text takes the tokenizer longer than its length says."""

import pytest

from tokenizer_helpers import english, whitespace


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


def cut(token: str) -> str:
    return token.encode()[:256].decode(errors="ignore")


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
    "soft hyphens": (lambda n: "a" + "\xad" * n + "b" + "\xad" * n, lambda n: ["ab"]),
    "letters and soft hyphens": (lambda n: "a\xad" * n, lambda n: [("a" * n)[:256]]),
    "joiners": (lambda n: "م" + "\u200c\u200d" * n + "م", lambda n: ["م\u200cم"]),
    "letters and joiners": (lambda n: "م\u200c" * n + " a", lambda n: [cut("م\u200c" * (n - 1) + "م"), "a"]),
    "letters and marks": (lambda n: "a\u0301" * n, lambda n: ["á" * 128]),
    "marks": (lambda n: ".\u0301" + "\u0323" * n, lambda n: [".\u0323" + "\u0323" * 13 + "\u0301"]),
    "stray bytes": (lambda n: b"\xe2\x80" * n, lambda n: ["â", "€"] * n),
}


@pytest.mark.parametrize("name", ADVERSARIES)
def test_long_adversarial_texts(name):
    text, tokens = ADVERSARIES[name]
    for n in (500, 500_000):
        assert english(text(n)) == tokens(n)


@pytest.mark.parametrize("text", ["a." * 500_000 + "a", "'" * 1_000_000, "n't" * 300_000])
def test_long_texts_in_whitespace_mode(text):
    assert whitespace(text) == [text[:256]]
