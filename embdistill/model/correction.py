"""What it takes to read an unknown word as the known one that is one typing error away: letters, and how frequent the
known words are. The search itself is in C (kernels/runtime/correction.c)."""

import struct
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SHORTEST, LONGEST = 4, 24  # characters of a word that is corrected
LEAST_CLASS = 1  # of a word that others are corrected to: it occurred in training
LARGEST_CLASS = 15  # which has four bits
MOST_LETTERS = 64
LEAST_SHARE = 1e-4  # of all letters in training that one has which is tried: each costs a dozen look-ups


@dataclass(frozen=True)
class Correction:
    """letters: those that are put into a word, in the order of their code points. classes (V,) uint8: of each row of
    the table how frequent its word was in training, 0 for words that did not occur, 15 for the most frequent ones.
    shortest, longest: characters of a word that is corrected. least_class: of a word that others are corrected to.
    """

    letters: str
    classes: np.ndarray
    shortest: int = SHORTEST
    longest: int = LONGEST
    least_class: int = LEAST_CLASS

    def section(self, order: np.ndarray) -> bytes:
        """The section CORR of an image (docs/edm.md), in which word i of the index is row order[i] + 1 of the table."""
        header = struct.pack("<4I", self.shortest, self.longest, self.least_class, len(self.letters))
        classes = self.classes[1:][order]
        classes = np.append(classes, np.zeros(len(classes) % 2, np.uint8))
        halves = classes[0::2] | classes[1::2] << 4
        return header + self.letters.encode("utf-32-le") + halves.astype(np.uint8).tobytes()


def section_bytes(correction: Correction, words: int) -> int:
    """The size of the section CORR for so many words."""
    return 16 + 4 * len(correction.letters) + -(-words // 2)


def correction_of(words: Sequence[str], counts: np.ndarray) -> Correction:
    """The correction for words (V), the unknown one first, that occur counts (V,) times in training.

    The class of a word is the number of binary digits of its count. Letters are those of the words that occur, the most
    frequent ones; digits are none.
    """
    classes = np.frexp(counts)[1].clip(0, LARGEST_CLASS).astype(np.uint8)
    classes[0] = 0
    letters = Counter()
    for word, count in zip(words[1:], counts[1:].tolist(), strict=True):
        for letter in word if count else "":
            letters[letter] += count
    for other in [letter for letter in letters if unicodedata.category(letter)[0] not in "LM"]:
        del letters[other]
    least = LEAST_SHARE * letters.total()
    frequent = sorted(letters, key=lambda letter: (-letters[letter], letter))[:MOST_LETTERS]
    return Correction("".join(sorted(letter for letter in frequent if letters[letter] >= least)), classes)
