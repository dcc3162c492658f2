"""Altered files with right checksums: an error of ours or a right answer, whatever was altered (attack.py)."""

from collections import Counter

import pytest
from storage.attack import Samples, attack

CASES = 400


@pytest.fixture(scope="module")
def samples(few_texts, few_vectors, tmp_path_factory):
    return Samples(tmp_path_factory.mktemp("samples"), few_texts, few_vectors)


def test_sound_files_of_every_kind_are_read(samples):
    assert [name for name, content in samples.contents.items() if samples.try_one(name, content) != "read"] == []


def test_altered_files_are_refused_or_read(samples):
    outcomes = attack(samples, CASES, seed=18)
    assert outcomes.total() == CASES
    both = Counter(outcome for _, outcome in outcomes.elements())
    assert both["refused"] > CASES / 2 and both["read"] > CASES / 10  # so that both ends are tried
