"""About how many instructions a text takes on a Cortex-M3, as an int8 model."""

from typing import NamedTuple

import numpy as np

from embdistill.data.dataset import Split


class Cost(NamedTuple):
    """Instructions: of a multiply-add of the network, and of a byte of text, which is tokenized and looked up."""

    multiply_add: float
    byte: float


CORTEX_M3 = Cost(multiply_add=3.1, byte=320)  # docs/search.md says where these come from


class TextSize(NamedTuple):
    """Of the mean text of a split: its tokens and its bytes."""

    tokens: float
    bytes: float


def mean_text(split: Split) -> TextSize:
    """The size of the mean text of a split."""
    return TextSize(
        float(np.diff(split.packed.offsets).mean()), float(np.mean([len(text.encode()) for text in split.texts]))
    )


def instructions(network, text: TextSize, cost: Cost = CORTEX_M3) -> int:
    """What a network takes for a text, rounded."""
    return round(cost.multiply_add * network.multiply_adds(text.tokens) + cost.byte * text.bytes)
