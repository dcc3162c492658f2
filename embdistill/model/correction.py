"""What it takes to read an unknown word as the known one that is one typing error away: letters, how frequent the known
words are, and which other words are spelt right. The search itself is in C (kernels/runtime/correction.c)."""

import struct
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from embdistill.kernels.runtime import _runtime
from embdistill.model.word_index import index_words, word_hashes

LOW = np.uint64(0xFFFFFFFF)
SHORTEST, LONGEST = 4, 24  # characters of a word that others are corrected to; of one that is corrected
LEAST_CLASS = 1  # of a word that others are corrected to: it occurred in training
LARGEST_CLASS = 15  # which has four bits
MOST_LETTERS = 64
BITS = 8  # of the filter of spellings, for each of them
PROBES = 4  # bits that a word sets there; of other words, 1 in 42 is then taken for one that is spelt right
LEAST_SHARE = 1e-4  # of all letters in training that one has which is tried: each costs a dozen look-ups


@dataclass(frozen=True)
class Correction:
    """letters: those that are put into a word, in the order of their code points. classes (V,) uint8: of each row of
    the table how frequent its word was in training, 0 for words that did not occur, 15 for the most frequent ones.
    shortest, least_class: characters and class of a word that others are corrected to. longest: characters of a word
    that is corrected. spellings: right words that the table lacks, which would be
    corrected to another one, and are not.
    """

    letters: str
    classes: np.ndarray
    shortest: int = SHORTEST
    longest: int = LONGEST
    least_class: int = LEAST_CLASS
    spellings: list[str] = field(default_factory=list)

    def pruned(self, words: Sequence[str], rows: np.ndarray) -> "Correction":
        """The same for a table with the words of these rows (n,) only, of all its words (V).

        The others become spellings, so that none is read as another word.
        """
        rows = np.concatenate([[0], rows])
        smaller = replace(self, classes=self.classes[rows], spellings=[])
        right = [*np.delete(np.array(words, object), rows), *self.spellings]
        read_as = smaller.rows_read([words[row] for row in rows], right)
        return replace(smaller, spellings=[word for word, row in zip(right, read_as, strict=True) if row])

    def rows_read(self, words: Sequence[str], tokens: Iterable[str]) -> list[int]:
        """The row of the table of words (V) that each unknown token is corrected to if it is not a spelling; or 0."""
        index, order = index_words(words[1:])
        correct = _runtime.Words(index, self.section(order)).correct
        rows = [0, *(order + 1).tolist()]
        return [rows[correct(token)] for token in tokens]

    def spellings_section(self, index: bytes) -> bytes | None:
        """The section SPEL of an image (docs/edm.md) with the section WORD `index`: a Bloom filter; None for no words.

        Source: Bloom 1970, "Space/time trade-offs in hash coding with allowable errors".
        """
        if not self.spellings:
            return None
        (seed,) = struct.unpack_from("<I", index, 4)
        hashes, size = word_hashes(self.spellings, seed), np.uint64(BITS * len(self.spellings))
        first, step = hashes >> np.uint64(32), hashes & LOW | np.uint64(1)
        bits = np.zeros(int(size), np.uint8)
        for i in range(PROBES):
            bits[(first + np.uint64(i) * step & LOW) * size >> np.uint64(32)] = 1
        return struct.pack("<2I", size, PROBES) + np.packbits(bits, bitorder="little").tobytes()

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


def spellings_bytes(count: int) -> int:
    """The size of the section SPEL for so many words, of which it has at least one."""
    return 8 + BITS * count // 8


def correction_of(words: Sequence[str], counts: np.ndarray) -> Correction:
    """The correction for words (V), the unknown one first, that occur counts (V,) times in training; no spellings.

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
    letters = "".join(sorted(letter for letter in frequent if letters[letter] >= least))
    return Correction(letters, classes)
