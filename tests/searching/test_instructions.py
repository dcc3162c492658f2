"""Instructions a text: a count of every multiply-add."""

import numpy as np
import pytest

from embdistill.data.dataset import Split
from embdistill.data.packed import Packed
from embdistill.model.networks.cnn import Cnn
from embdistill.model.networks.lstm import Lstm
from embdistill.model.networks.mean import Mean
from embdistill.searching.instructions import Cost, TextSize, instructions, mean_text


@pytest.mark.parametrize("position_dim", [0, 2])
def test_multiply_adds(position_dim):
    inputs = 3 + 2 * position_dim  # of a token: its vector, and its distances from two entities
    filters = sum(inputs for _ in range(7) for width in (2, 3) for _ in range(4 * width))
    cnn = Cnn(dim=3, classes=5, filters=4, widths=(2, 3), position_dim=position_dim, position_reach=9)
    assert cnn.multiply_adds(7) == filters + 5 * 2 * 4
    steps = sum(4 * 6 * (inputs + 6) for _ in range(7) for direction in range(2))
    lstm = Lstm(dim=3, classes=5, units=6, pooling="max", position_dim=position_dim, position_reach=9)
    assert lstm.multiply_adds(7) == steps + 5 * 2 * 6


def test_multiply_adds_of_mean():
    assert Mean(dim=3, classes=5, hidden=4).multiply_adds(7) == 7 * 3 + 4 * 3 + 5 * 4


def test_a_text_costs_its_multiply_adds_and_its_bytes():
    network = Mean(dim=3, classes=5, hidden=4)
    assert instructions(network, TextSize(7, 30), Cost(multiply_add=2, byte=10)) == 2 * 53 + 300


def test_the_mean_text():
    split = Split(Packed(np.zeros(3, np.int32), np.array([0, 1, 3])), np.zeros(2, np.int32), texts=["é", "ab cd"])
    assert mean_text(split) == TextSize(1.5, 3.5)
