"""Bytes of flash and of RAM that a model takes on a microcontroller, without linking anything.

The figures of the program are those of the Cortex-M3 build with EMBDISTILL_BLOCK=1 and -Os, rounded up;
tests/kernels/runtime/processors compares them with the linked image.
"""

import math

import numpy as np

from embdistill.data.packed import Packed
from embdistill.export.edm import ALIGNMENT, ENTRY, edm_bytes
from embdistill.export.prune import prune
from embdistill.model.classifier import Model
from embdistill.model.correction import section_bytes, spellings_bytes
from embdistill.model.word_index import index_bytes

# Of the runtime with one network and one arithmetic, libgcc, C library, start-up, and a program that classifies texts:
CODE_BYTES = {
    ("mean", "float32"): 15_632,
    ("cnn", "float32"): 16_048,
    ("lstm", "float32"): 16_384,
    ("mean", "int8"): 15_024,
    ("cnn", "int8"): 15_744,
    ("lstm", "int8"): 17_248,
}
CORRECTION_CODE, SUBWORDS_CODE = 1_344, 912  # what corrections and n-grams add
RAM_BYTES = 2_000  # stack, opened model, and a text of 512 bytes; scratch and logits apart
SUBWORDS_STACK = 512  # of a word that is tokenized again, and its n-grams
TOKENS = 64  # of the longest text
MATRIX_HEADER = 16


def code_bytes(model: Model, dtype: str) -> int:
    """Bytes of flash that the program takes, without what the model has no use for."""
    code = CODE_BYTES[model.network.name, "float32" if dtype == "float32" else "int8"]
    return code + CORRECTION_CODE * bool(model.correction) + SUBWORDS_CODE * bool(model.subwords)


def image_bytes(model: Model, rows: np.ndarray, dtype: str) -> int:
    """Size of the .edm image of the model with the words in rows (n,) of its table (at least 1), without a list of
    common words."""
    return _other_bytes(model, dtype) + _word_bytes(model, rows, dtype)


def most_words(model: Model, ranked: np.ndarray, room: int, dtype: str) -> int:
    """How many of the words in the rows `ranked` (n,), the first ones, an image of at most `room` bytes can have; 0 if
    not even one."""
    left = room - _other_bytes(model, dtype)
    # A size takes long, since each outside word is looked up; but words take nearly the same each, so few are needed.
    fit, too_many, count, each = 0, len(ranked) + 1, len(ranked), None
    while too_many - fit > 1:
        size = _word_bytes(model, ranked[:count], dtype)
        fit, too_many = (count, too_many) if size <= left else (fit, count)
        each = each or size / count
        count = min(max(count + math.floor((left - size) / each), fit + 1), too_many - 1)
    return fit


def ram_bytes(model: Model, dtype: str, tokens: int = TOKENS) -> int:
    """Bytes of RAM to classify a text of `tokens` tokens; they do not depend on the size of the vocabulary."""
    network = model.network  # as embdistill_scratch_bytes says of EMBDISTILL_BLOCK=1:
    scratch = 4 * ((network.scratch_floats() if dtype == "float32" else network.scratch_integers()) + tokens)
    stack = SUBWORDS_STACK if model.subwords else 0
    return RAM_BYTES + stack + scratch + 4 * len(model.labels)


def _other_bytes(model, dtype):
    """All that does not depend on the number of words: the image of the model with one word, less its _word_bytes."""
    row = np.array([1])
    one = prune(model, row, Packed(np.empty(0, np.int32), np.zeros(1, np.int64)))
    return len(edm_bytes(one, dtype, common=0)) - _word_bytes(model, row, dtype)


def _word_bytes(model, rows, dtype):
    """Bytes of the sections whose sizes depend on the words: of the more words, the fewer are spellings."""
    words, dim = len(rows), model.network.dim
    row = {"float32": 4 * dim, "int8": dim + 1, "int4": (dim + 1) // 2 + 1}[dtype]  # with its scale
    table = MATRIX_HEADER + (words + 1) * row
    size = _aligned(index_bytes(words, short=dtype == "int4")) + _aligned(table)
    if model.correction:
        size += _aligned(section_bytes(model.correction, words))
        spellings = len(model.correction.pruned(model.vocabulary.words, rows).spellings)
        size += ENTRY + _aligned(spellings_bytes(spellings)) if spellings else 0
    return size


def _aligned(size):
    return size + -size % ALIGNMENT
