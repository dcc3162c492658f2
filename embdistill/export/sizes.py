"""What a model takes on a microcontroller: bytes of flash and of RAM, before anything is linked.

The figures of the program are of the Cortex-M3 build with EMBDISTILL_BLOCK=1 and -Os (tests/arm), rounded up;
tests/test_arm.py holds them against the linked image.
"""

import numpy as np

from embdistill.data.packed import Packed
from embdistill.export.edm import ALIGNMENT, edm_bytes
from embdistill.export.prune import prune
from embdistill.export.word_index import index_bytes
from embdistill.model.classifier import Model

CODE_BYTES = 11_776  # the runtime with what it takes from libgcc, start-up, and a program that classifies one text
RAM_BYTES = 1_600  # the stack, the opened model, and a text of 64 tokens; without scratch and logits
TOKENS = 64  # of the longest text
MATRIX_HEADER = 16


def image_bytes(model: Model, words: int, dtype: str) -> int:
    """Size of the .edm image of the model with so many words (at least 1), without a list of common words."""
    return _other_bytes(model, dtype) + _word_bytes(model, words, dtype)


def most_words(model: Model, room: int, dtype: str) -> int:
    """How many words of the model an image of at most `room` bytes can have; 0 if not even one."""
    other = _other_bytes(model, dtype)
    fewest, most = 0, len(model.vocabulary) - 1
    while fewest < most:
        middle = (fewest + most + 1) // 2
        if other + _word_bytes(model, middle, dtype) <= room:
            fewest = middle
        else:
            most = middle - 1
    return fewest


def ram_bytes(model: Model, tokens: int = TOKENS) -> int:
    """Bytes of RAM that answering a text of so many tokens takes, whatever the number of words."""
    return RAM_BYTES + scratch_bytes(model, tokens) + 4 * len(model.labels)


def scratch_bytes(model: Model, tokens: int) -> int:
    """What embdistill_scratch_bytes says when it is compiled with EMBDISTILL_BLOCK=1."""
    network, name = model.network, type(model.network).__name__.lower()
    inputs = network.dim + 2 * getattr(network, "position_dim", 0)
    if name == "mean":
        work = 2 * inputs
    elif name == "cnn":
        work = inputs + 2 * sum(network.widths) * network.filters
    else:
        work = inputs + (2 * 4 + 2) * network.units
    return 4 * (network.features + work + tokens)


def _other_bytes(model, dtype):
    """Of everything but the word index and the table: what the writer makes of the model with one word, less these."""
    one = prune(model, np.array([1]), Packed(np.empty(0, np.int32), np.zeros(1, np.int64)))
    return len(edm_bytes(one, dtype, common=0)) - _word_bytes(model, 1, dtype)


def _word_bytes(model, words, dtype):
    value, scale = (1, 1) if dtype == "int8" else (4, 0)
    table = MATRIX_HEADER + (words + 1) * (model.network.dim * value + scale)
    return _aligned(index_bytes(words)) + _aligned(table)


def _aligned(size):
    return size + -size % ALIGNMENT
