"""Typing errors: one edit in a share of the words of a text, to measure how well a model stands up to them.

Kinds and shares are in SHARES. That 90 to 95 % of misspelt words have a single error, that omission is the commonest
kind, and that doubling is the main cause of an inserted letter: Pollock & Zamora 1983, "Collection and characterization
of spelling errors in scientific and scholarly text". The four kinds: Damerau 1964, "A technique for computer detection
and correction of spelling errors"; words run together: Kukich 1992, "Techniques for automatically correcting words in
text". The shares themselves are ours, in that order.
"""

import unicodedata
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import groupby
from random import Random
from typing import NamedTuple

from embdistill.errors import UserError

LEAST_LETTERS = 4  # of a word that is edited
SHARES = {  # of the kinds, in percent
    "deletion": 30,  # of a letter
    "substitution": 20,  # by a neighbour on the keyboard
    "swap": 20,  # of two neighbouring letters
    "doubling": 15,  # of a letter
    "insertion": 10,  # of a neighbour on the keyboard, before or behind
    "missing space": 5,  # behind the word, before another
}
KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")  # each row half a key to the right of the one above
AROUND = ((0, -1), (0, 1), (-1, 0), (-1, 1), (1, -1), (1, 0))  # rows and columns to the keys that touch one


class Mistyped(NamedTuple):
    """Texts with typing errors, and how many of their words of LEAST_LETTERS and more were edited."""

    texts: list[str]
    words: int
    edited: int


@dataclass(frozen=True)
class Typos:
    """Makes typing errors in a share `rate` of the words of LEAST_LETTERS and more, each word by chance.

    A word is a run of letters, with the marks that combine with them, of any script; where no spaces stand between
    words, as in Chinese, that is a run of words. Nothing else is changed, so the marks of relations stay, and no word
    vanishes. A letter that is not on KEYBOARD has the other such letters of its text for neighbours.

    The errors of a text follow from the text, rate and seed alone. Strings, as a command line gives them, are turned
    into numbers; UserError for a value out of range.
    """

    rate: float
    seed: int = 0

    def __post_init__(self):
        for name, option, kind, number in (("rate", "typos", float, ""), ("seed", "typo-seed", int, "whole ")):
            try:
                object.__setattr__(self, name, kind(getattr(self, name)))
            except ValueError:
                raise UserError(f"--{option} {getattr(self, name)}: must be a {number}number") from None
        if not 0 < self.rate <= 1:
            raise UserError(f"--typos {self.rate:g}: must be above 0, and at most 1, as 0.2 for a fifth of the words")
        if not 0 <= self.seed < 2**63:
            raise UserError(f"--typo-seed {self.seed}: must be from 0 to 2^63 - 1")

    @classmethod
    def from_options(cls, rate: str | None, seed: str | None) -> "Typos | None":
        """From the options --typos and --typo-seed; None without the first, UserError for the second alone."""
        if rate is None and seed is not None:
            raise UserError("--typo-seed goes with --typos; give a rate too, as --typos 0.2")
        return None if rate is None else cls(rate, seed or 0)

    def as_dict(self) -> dict:
        """As JSON holds them."""
        return asdict(self)

    def __call__(self, texts: Iterable[str]) -> Mistyped:
        """The texts, each with errors of its own."""
        found = [self._mistype(text) for text in texts]
        return Mistyped([text for text, _, _ in found], sum(n for _, n, _ in found), sum(n for _, _, n in found))

    def _mistype(self, text):
        """The text with errors, and how many words it has, and how many were edited."""
        rng = Random(sha256(f"{self.seed}\n{text}".encode(errors="surrogatepass")).digest())
        others = sorted({letter for letter in text if _is_letter(letter) and letter.lower() not in NEIGHBOURS})
        runs = ["".join(run) for _, run in groupby(text, _is_letter)]  # words, and in turn what stands between them
        words = edited = 0
        for i, run in enumerate(runs):
            if len(run) < LEAST_LETTERS or not _is_letter(run[0]):
                continue
            words += 1
            if rng.random() < self.rate:
                edited += 1
                kind = _kind(rng)
                if kind == "missing space" and runs[i + 1 : i + 2] == [" "] and i + 2 < len(runs):
                    runs[i + 1] = ""
                else:
                    runs[i] = _edited(run, kind, others, rng)
        return "".join(runs), words, edited


def _is_letter(character):
    return character.isalpha() or (character > "\x7f" and unicodedata.category(character)[0] == "M")


def _neighbours():
    """Of each letter on the keyboard, those that touch it."""
    keys = {(r, c): letter for r, row in enumerate(KEYBOARD) for c, letter in enumerate(row)}
    places = {letter: [(r + i, c + j) for i, j in AROUND] for (r, c), letter in keys.items()}
    return {letter: [keys[place] for place in near if place in keys] for letter, near in places.items()}


NEIGHBOURS = _neighbours()


def _kind(rng):
    drawn = rng.random() * sum(SHARES.values())
    for kind, share in SHARES.items():
        if drawn < share:
            return kind
        drawn -= share
    return kind


def _edited(word, kind, others, rng):
    """The word with one edit: of this kind, or a deletion where the word has no place for it."""
    i = _below(len(word), rng)
    before, letter, behind = word[:i], word[i], word[i + 1 :]
    if kind == "doubling":
        return before + 2 * letter + behind
    if kind == "swap":
        places = [j for j in range(len(word) - 1) if word[j] != word[j + 1]]
        if places:
            j = places[_below(len(places), rng)]
            return word[:j] + word[j + 1] + word[j] + word[j + 2 :]
    if kind in ("substitution", "insertion"):
        pressed = _pressed(letter, others, rng)
        if pressed:
            pressed = pressed.upper() if letter.isupper() and pressed.isascii() else pressed
            if kind == "substitution":
                return before + pressed + behind
            return before + (pressed + letter if rng.random() < 0.5 else letter + pressed) + behind
    return before + behind


def _pressed(letter, others, rng):
    """A neighbour of a letter on the keyboard, or else another one of `others` (rising); None if there is none."""
    if near := NEIGHBOURS.get(letter.lower()):
        return near[_below(len(near), rng)]
    own = bisect_left(others, letter)
    count = len(others) - (others[own : own + 1] == [letter])
    i = _below(count, rng) if count else 0
    return others[i + (i >= own and count < len(others))] if count else None


def _below(count, rng):
    return int(count * rng.random())  # the only method of Random that is the same in all versions of Python
