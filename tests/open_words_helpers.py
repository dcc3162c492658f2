"""What tests of words that are not in the vocabulary share: models that read them, and texts to ask them."""

import struct
from dataclasses import replace

import numpy as np

import naive.correction
import naive.edm
import naive.subwords
from embdistill.data.relations import tokenize_relations
from embdistill.data.vocabulary import Vocabulary
from embdistill.export.edm import edm_bytes
from embdistill.export.matrices import float_matrix, int8_matrix, quantise
from embdistill.model.classifier import packed_logits
from embdistill.model.correction import correction_of
from embdistill.model.subwords import Subwords
from embdistill.model.word_index import index_words
from model_helpers import random_model

WORDS = "turn the lamp lamps camp light music play song kitchen café straße über музыка музыку кухня 快递 包裹 l'"
WORDS = [*WORDS.split(), "💡" * 4, "ab" * 12, "ξ" * 20, "q" * 256]
TEXTS = [
    "",
    "turn the lmap on",
    "zzz qqq lammp xamp",
    "tunr tehe Kitchn lihgt, musik! 1998 lamp5",
    "cafe strase ubre uber музка музыки кухню кухгя",
    "我的快递包裹到哪里了lamp，ไปไป L’HOMME l'ami",
    "a b я 水 x.y. ...... don't 💡💡💡 💡💡💡💡💡 🎬🎬🎬🎬",
    "ba" * 12 + " " + "ab" * 13 + " " + "ξ" * 21 + " " + "q" * 255 + " " + "q" * 300 + " " + "é" * 200,
    b"caf\xe9 caf\xe9\xe9 mus\xffc \xc3",
    "cafe\u0301e la\xadmmp u\u0308ber m\u00adusic \u200d zqx",
    "unheard " * 300,
    "   \t\n  " * 50 + "unheard",
]


def frequency_classes(words) -> dict[str, int]:
    """A class for each word; some words never occurred."""
    return {word: i % 7 for i, word in enumerate(words)}


def correction_section(words, classes, letters, shortest=4, longest=24, least=1) -> bytes:
    """CORR for words in the order of the index."""
    halves = [classes[word] for word in words] + [0] * (len(words) % 2)
    packed = bytes(low | high << 4 for low, high in zip(halves[::2], halves[1::2], strict=True))
    codes = sorted(map(ord, letters))
    return struct.pack(f"<4I{len(codes)}I", shortest, longest, least, len(codes), *codes) + packed


def subwords_section(rows, dtype="float32", shortest=3, longest=6) -> bytes:
    """SUBW for rows (K, d)."""
    return struct.pack("<2I", shortest, longest) + (
        int8_matrix(*quantise(rows, 0)) if dtype == "int8" else float_matrix(rows)
    )


def letters_of(words) -> list[str]:
    return sorted({letter for word in words for letter in word if letter.isalpha()})[:64]


class OpenModel:
    """A model with random weights that reads words outside its vocabulary, in plain Python; and its image."""

    def __init__(self, network, words=WORDS, dtype="float32", buckets=50, correct=True, subwords=True, tokenizer=None):
        self.model = random_model(network, words, tokenizer)
        _, order = index_words(words, short=dtype == "int4")
        self.classes, self.letters = frequency_classes(words), letters_of(words)
        rows = np.random.default_rng(1).normal(0, 1, (buckets, network.dim)).astype(np.float32)
        self.correct, self.subwords = correct, subwords
        self.image = edm_bytes(replace(self.model, subwords=Subwords(rows)) if subwords else self.model, dtype)
        if correct:
            section = correction_section([words[i] for i in order], self.classes, self.letters)
            self.image = naive.edm.with_section(self.image, b"CORR", section)
        if subwords:
            self.rows = naive.edm.matrix(naive.edm.sections(self.image)["SUBW"][8:], 0)

    def logits(self, texts) -> np.ndarray:
        """(B, C) float32. A word that is read by its n-grams is added to the vocabulary, with the vector of these."""
        model, positions = self.model, None
        if model.relations:
            tokens, positions = tokenize_relations(model.tokenizer, texts, model.known_words)
        else:
            tokens = [model.tokenizer(text, model.known_words) for text in texts]
        tokens = [[self._read(token) for token in sentence] for sentence in tokens]
        added = sorted({token for sentence in tokens for token in sentence} - {*model.known_words})
        vectors = [naive.subwords.vector(word, self.rows, 3, 6) if self.subwords else model.table[0] for word in added]
        table = np.concatenate([model.table, np.reshape(vectors, (len(added), -1))]).astype(np.float32)
        packed = Vocabulary([*model.vocabulary.words[1:], *added]).pack(tokens)._replace(positions=positions)
        return packed_logits(model.network, model.values, table, packed)

    def _read(self, token):
        """The token, or the known word that it is read as."""
        if token in self.model.known_words or not self.correct:
            return token
        return naive.correction.correct(token, self.classes, self.letters) or token


def open_model(network, words=WORDS, correct=True, subwords=True):
    """A model with random weights that reads other words too."""
    model, rng = random_model(network, words), np.random.default_rng(1)
    counts = np.array([0, *(i % 7 for i in range(len(words)))])
    buckets = rng.normal(0, 1, (50, network.dim)).astype(np.float32)
    correction = correction_of(model.vocabulary.words, counts) if correct else None
    return replace(model, subwords=Subwords(buckets) if subwords else None, correction=correction)
