"""fastText models (`.bin`), with their subwords, so that words that the model never saw get vectors too.

The vector of a word is the mean of its row, if it has one, and of the rows of its character n-grams. Format and rule:
fastText's args.cc, dictionary.cc, matrix.cc and fasttext.cc (getWordVector). Source: Bojanowski et al. 2017, Enriching
Word Vectors with Subword Information, https://arxiv.org/abs/1607.04606
"""

import struct
from array import array
from collections.abc import Collection, Iterator
from typing import NamedTuple

import numpy as np

from embdistill.data.vectors.stream import decode_word
from embdistill.data.wanted import WantedWords, encoded
from embdistill.errors import UserError

MAGIC = struct.pack("<i", 793712314)
HEAD = struct.Struct("<4s13id")  # magic, version, 12 settings, sampling threshold
COUNTS = struct.Struct("<3i2q")  # entries, words, labels, tokens, pruned n-grams
ENTRY = struct.Struct("<qb")  # behind the NUL after a word: its frequency, whether it is a label
SHAPE = struct.Struct("<?2q")  # of the input matrix: quantised or not, rows, columns

END_OF_LINE = b"</s>"  # has no n-grams
SUPERVISED = 3  # as model
BLOCK = 1 << 20  # bytes read at a time
PAIRS = 1 << 12  # rows added up at a time
WORDS = 1 << 17  # vectors in memory at a time where all are asked for


class Subwords(NamedTuple):
    """The n-grams of minn to maxn characters that the words of a model are made of, hashed to so many buckets."""

    minn: int
    maxn: int
    buckets: int

    def of(self, word: bytes) -> Iterator[int]:
        """The bucket of each n-gram of a word between `<` and `>`; those marks alone are none."""
        if not self.maxn or not self.buckets:
            return
        marked = b"<" + word + b">"
        starts = [i for i, byte in enumerate(marked) if byte & 0xC0 != 0x80] + [len(marked)]
        for first in range(len(starts) - 1):
            digest = 2166136261  # 32-bit FNV-1a
            for n, (start, end) in enumerate(zip(starts[first:], starts[first + 1 :], strict=False), 1):
                if n > self.maxn:
                    break
                for byte in marked[start:end]:
                    # fastText hashes signed bytes: one above 127 sets all the higher bits.
                    digest = (digest ^ (byte if byte < 128 else byte | 0xFFFFFF00)) * 16777619 & 0xFFFFFFFF
                if n >= self.minn and not (n == 1 and (first == 0 or end == len(marked))):
                    yield digest % self.buckets


def dim_of(path: str, head: bytes) -> int:
    """D of the model that begins with these bytes; UserError if it cannot be read."""
    if len(head) < HEAD.size:
        raise _damaged(path)
    version, dim = HEAD.unpack_from(head)[1:3]
    if version not in (11, 12) or not 1 <= dim <= 1 << 20:
        raise UserError(f"{path}: a fastText model of version {version}, which is not read; write it as .vec")
    return dim


def rows(file, wanted: Collection[str] | None, first: int) -> Iterator[tuple[str, np.ndarray]]:
    """(word, vector (D,) float32) of the wanted and the first words of the model, then of wanted words that are not in
    it, sorted."""
    asked = None if wanted is None else encoded(wanted)
    with file.stream() as stream:
        model = _Model(file.path, stream.file)
        ids = model.read_words(asked, first)
        file.counts["rows read"] += model.words
        names = [*ids, *sorted(_tokens(wanted, ids) - ids.keys())]
        begun = names[:WORDS] if asked is None and not file.is_pipe else names
        yield from _decoded(file, ids, model.vectors(begun, ids))
    for at in range(len(begun), len(names), WORDS):
        with file.stream() as stream:
            model = _Model(file.path, stream.file)
            model.read_words(frozenset(), 0)
            yield from _decoded(file, ids, model.vectors(names[at : at + WORDS], ids))


def _tokens(wanted, ids):
    """The words, as bytes, that are wanted even if the model does not have them. ids: of the words that it has."""
    if wanted is None:
        return set()
    if isinstance(wanted, WantedWords):
        wanted = wanted.tokens({word.decode(errors="replace") for word in ids})
    return {word.encode() for word in wanted}


def _decoded(file, ids, vectors):
    for name, vector in vectors:
        if name not in ids:
            file.counts["words put together from subwords"] += 1
        word = decode_word(name, file.counts)
        if not np.isfinite(vector).all():
            raise UserError(
                f"{file.path}: the vector of {name.decode(errors='replace')!r} is not finite; train it again"
            )
        if word is not None:
            yield word, vector


class _Model:
    """A model that is read from front to back: settings, then words, then vectors.

    words: how many it has. UserError where it is cut off or does not fit together.
    """

    def __init__(self, path, file):
        self.path = path
        self.file = file
        self.begun = b""  # bytes of the file that were read ahead
        _, version, self.dim, *settings, _ = HEAD.unpack(self._take(HEAD.size))
        model, buckets, minn, maxn, _ = settings[-5:]
        self.subwords = Subwords(minn, 0 if version == 11 and model == SUPERVISED else maxn, buckets)
        self.entries, self.words, labels, _, self.pruned = COUNTS.unpack(self._take(COUNTS.size))
        self._require(min(self.words, labels, buckets) >= 0 and self.entries == self.words + labels)

    def read_words(self, wanted, first) -> dict[bytes, int]:
        """The row of each wanted word (None: of every word) that the model has, and of the first ones."""
        ids = {}
        for row, (word, is_label) in enumerate(self._entries()):
            if not is_label and (wanted is None or row < first or word in wanted):
                ids[word] = row
        return ids

    def vectors(self, names, ids) -> Iterator[tuple[bytes, np.ndarray]]:
        """(name, vector (D,) float32) of each name that has any row."""
        is_quantised, self.rows, columns = SHAPE.unpack(self._take(SHAPE.size))
        if is_quantised or self.pruned >= 0:
            what_to_do = "give the .bin that it was made from, or `fasttext print-word-vectors MODEL < WORDS > OUT.vec`"
            raise UserError(f"{self.path}: a quantised fastText model (.ftz), which is not read; {what_to_do}")
        self._require(columns == self.dim and self.rows == self.words + self.subwords.buckets)
        rows, sizes = array("q"), np.zeros(len(names), np.int64)
        for i, name in enumerate(names):
            before = len(rows)
            if name in ids:
                rows.append(ids[name])
            if name != END_OF_LINE:
                rows.extend(self.words + bucket for bucket in self.subwords.of(name))
            sizes[i] = len(rows) - before
        sums = self._sums(np.array(rows), np.repeat(np.arange(len(names)), sizes), len(names))
        for name, size, total in zip(names, sizes, sums, strict=True):
            if size:
                yield name, total / np.float32(size)

    def _sums(self, rows, owners, count):
        """The sum of the matrix rows of each owner, (count, D) float32; reads the matrix block by block."""
        order = np.argsort(rows, kind="stable")
        rows, owners = rows[order], owners[order]
        sums = np.zeros((count, self.dim), np.float32)
        step = max(1, BLOCK // (4 * self.dim))
        for first in range(0, self.rows, step):
            size = min(step, self.rows - first)
            block = np.frombuffer(self._take(4 * size * self.dim), "<f4").reshape(size, self.dim)
            begin, end = np.searchsorted(rows, (first, first + size))
            for at in range(begin, end, PAIRS):
                part = slice(at, min(at + PAIRS, end))
                with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is named later
                    np.add.at(sums, owners[part], block[rows[part] - first])
        return sums

    def _entries(self):
        """(word, whether it is a label) of each entry of the dictionary."""
        buffer, at = b"", 0
        for _ in range(self.entries):
            while (end := buffer.find(b"\0", at)) < 0 or len(buffer) < end + 1 + ENTRY.size:
                more = self.file.read(BLOCK)
                self._require(more and len(buffer) - at < BLOCK)
                buffer, at = buffer[at:] + more, 0
            yield buffer[at:end], ENTRY.unpack_from(buffer, end + 1)[1]
            at = end + 1 + ENTRY.size
        self.begun = buffer[at:]

    def _take(self, size):
        taken = self.begun[:size]
        self.begun = self.begun[size:]
        if len(taken) < size:
            taken += self.file.read(size - len(taken))
        self._require(len(taken) == size)
        return taken

    def _require(self, fits):
        if not fits:
            raise _damaged(self.path)


def _damaged(path):
    return UserError(f"{path}: a fastText model that is cut off or damaged; fetch it again")
