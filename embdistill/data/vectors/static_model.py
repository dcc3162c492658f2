"""Static embeddings, such as model2vec's: the vector of a word is the mean of the vectors of its pieces.

Pieces are what the tokenizer of the model makes of the word, alone, as it would of a text. Source: Tulkens & van
Dongen 2024, Model2Vec, https://github.com/MinishLab/model2vec (StaticModel.encode)
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from embdistill.data.vectors import VectorFile
from embdistill.data.vectors.piece_files import PieceTable, read_pieces
from embdistill.data.wanted import WantedWords
from embdistill.errors import UserError, first_line

# What words are counted as.
ONE = "words of one piece"
SEVERAL = "words of several pieces"
PASSED_OVER = "words with unknown pieces, which are passed over"
UNKNOWN = "words of unknown pieces alone, which have no vector"
ZERO = "words whose vector is zero, left out"

SHOWN = 5  # words without a vector, in a message


class Pieces:
    """The pieces of words, and the vectors that are made of them."""

    def __init__(self, table: PieceTable):
        self.table = table

    def of(self, words: list[str]) -> list[list[int]]:
        """The ids of the pieces of each word, with unknown and special ones; UserError if the tokenizer cannot."""
        try:
            return [made.ids for made in self.table.tokenizer.encode_batch_fast(words, add_special_tokens=False)]
        except Exception as error:  # the package raises no other, as for an unknown piece that its file does not name
            raise UserError(f"{self.table.files[1]}: splits no words ({first_line(error)}); fetch it again") from error

    def known(self, ids: list[int]) -> list[int]:
        """The ids of pieces without unknown and special ones: what a vector is made of."""
        return [id for id in ids if id not in self.table.left_out]

    def vector(self, ids: list[int]) -> np.ndarray:
        """The vector (D,) float32 of pieces: their weighted mean, at length 1 if the model says so."""
        table = self.table
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is named later
            rows = table.rows[table.row_of[ids]].astype(np.float32) * table.weights[ids, None].astype(np.float32)
            mean = rows.mean(axis=0)
            return mean / np.linalg.norm(mean).clip(1e-32) if table.normalize else mean

    @cached_property
    def words(self) -> dict[str, int]:
        """The words that are a piece of their own, and the id of it, in the order of the ids."""
        tokenizer = self.table.tokenizer
        ids = sorted({*tokenizer.get_vocab().values()} - self.table.left_out)
        words = [word.replace("▁", " ").strip() for word in tokenizer.decode_batch([[id] for id in ids])]
        return {word: id for word, id, alone in zip(words, ids, self.of(words), strict=True) if alone == [id]}


@dataclass
class StaticModel(VectorFile):
    """As a VectorFile, whose rows are the words that are a piece of their own, in the order of the pieces.

    without: words that were asked for, and have no vector since their pieces are unknown.
    """

    pieces: Pieces | None = None
    without: list[str] = field(default_factory=list)

    def rows(self, wanted: Collection[str] | None = None, first: int = 0) -> Iterator[tuple[str, np.ndarray]]:
        """(word, vector (D,) float32) of the wanted words and the first ones that are pieces, then of wanted words of
        several pieces, sorted. wanted: None asks for all of the former. UserError for a vector that is not finite."""
        self.counts.clear()
        self.first_rows.clear()
        self.without.clear()
        own = self.pieces.words
        for row, (word, id) in enumerate(own.items(), 1):
            is_wanted = wanted is None or word in wanted
            if (is_wanted or row <= first) and (vector := self._vector(word, [id])) is not None:
                if is_wanted:
                    self.counts[ONE] += 1
                if row <= first:
                    self.first_rows.append(row)
                yield word, vector
        others = sorted(_tokens(wanted, own.keys()) - own.keys())
        for word, ids in zip(others, self.pieces.of(others), strict=True):
            known = self.pieces.known(ids)
            if not known:
                self.counts[UNKNOWN] += 1
                self.without.append(word)
            elif (vector := self._vector(word, known)) is not None:
                self.counts[ONE if len(known) == 1 else SEVERAL] += 1
                if len(known) < len(ids):
                    self.counts[PASSED_OVER] += 1
                yield word, vector

    def _vector(self, word, ids):
        """The vector of a word; None for one of zeros, which is counted."""
        vector = self.pieces.vector(ids)
        if not np.isfinite(vector).all():
            table = self.pieces.table.files[0]
            raise UserError(f"{table}: the vector of {word!r} has a NaN or infinite value; fetch it again")
        if vector.any():
            return vector
        self.counts[ZERO] += 1
        return None

    @property
    def notes(self) -> list[str]:
        shown = ", ".join(self.without[:SHOWN]) + ", ..." * (len(self.without) > SHOWN)
        notes = super().notes + ([f"{self.path}: without a vector: {shown}"] if shown else [])
        spare = self.pieces.table.spare
        return [*notes, f"{self.path}: {spare:,} rows of its table have no piece"] if spare else notes

    def again(self) -> "StaticModel":
        return replace(self, counts=Counter(), first_rows=[], without=[])

    @property
    def is_pipe(self) -> bool:
        return False

    def sha256(self) -> str:
        """Of the SHA-256s, hexadecimal, of its files: the table, the tokenizer, and the settings if there are any."""
        if self.digest is None:
            digest = hashlib.sha256()
            for path in self.pieces.table.files:
                with open(path, "rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").hexdigest().encode())
            self.digest = digest.hexdigest()
        return self.digest


def open_static_model(path: str, tensor: str | None = None) -> StaticModel:
    """The static model in a folder, or of a safetensors file; tensor, and UserError, as for read_pieces."""
    table = read_pieces(path, tensor)
    return StaticModel(path, table.kind, table.rows.shape[1], pieces=Pieces(table))


def _tokens(wanted, own) -> Iterable[str]:
    """The words that are wanted, where those of the model are known."""
    if wanted is None:
        return set()
    return wanted.tokens(own) if isinstance(wanted, WantedWords) else set(wanted)
