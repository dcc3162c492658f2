"""Arms: trained in rounds or at once, they are the same; what is made of them fits."""

from dataclasses import replace

import numpy as np
import pytest

from embdistill.comparison.workers import hand_over
from embdistill.export.budget import Budget
from embdistill.export.sizes import CODE_BYTES, CORRECTION_CODE, image_bytes
from embdistill.export.variants import closed_vocabulary
from embdistill.model.edm import EdmModel
from embdistill.searching.arms import DTYPE, Arm, Limits, arms, blank
from embdistill.searching.jobs import advance, finish, rank, refitted
from training_helpers import config

CODE = CODE_BYTES["cnn", "int8"]  # int4 takes the same program
FLASH = CODE + CORRECTION_CODE + 1000


@pytest.fixture(scope="module")
def arm(dataset):
    hand_over(replace(dataset, test=None))
    settings = config(epochs=6, network="cnn", subwords=0)
    (found,) = arms(dataset, [settings], Limits(Budget(FLASH)), rank(replace(settings, correct=False)))
    return found


def test_an_arm_has_the_words_that_it_has_room_for(dataset, arm):
    assert 1 < len(arm.rows) < len(dataset.vocabulary) and arm.rows[0] == 0
    assert np.all(np.diff(arm.rows) > 0)


@pytest.mark.parametrize("method", ["encode", "direct"])
def test_trained_in_rounds_or_at_once_it_is_the_same(arm, method):
    arm = Arm(replace(arm.config, method=method), arm.words)
    in_rounds = advance(arm, advance(arm, None, 2), 6)
    at_once = advance(arm, None, 6)
    assert [epoch._replace(seconds=0) for epoch in in_rounds.history] == [
        epoch._replace(seconds=0) for epoch in at_once.history
    ]
    assert in_rounds.counters == at_once.counters
    for name, array in at_once.arrays.items():
        np.testing.assert_array_equal(in_rounds.arrays[name], array)


@pytest.mark.parametrize("method", ["encode", "encode+finetune"])
def test_what_is_made_of_it_fits(dataset, arm, method):
    arm = Arm(replace(arm.config, method=method), arm.words)
    found = finish(arm, advance(arm, None, 6), Budget(FLASH), typos=True)
    assert found.best.flash - len(found.image) in (CODE, CODE + CORRECTION_CODE)
    assert found.best.flash <= FLASH and found.best.fits
    assert found.best in found.considered
    assert found.best.score == max(candidate.score for candidate in found.considered if candidate.fits)
    assert len(found.model.vocabulary) - 1 == found.best.words <= len(arm.rows) - 1
    edm = EdmModel(found.image)
    texts = dataset.dev.texts
    right = np.array(edm.predict(texts)) == np.array(dataset.labels)[dataset.dev.labels]
    assert found.best.dev == pytest.approx(100 * right.mean())


@pytest.mark.parametrize("method", ["encode", "encode+finetune"])
def test_trained_again_it_has_the_same_words_and_size(arm, method):
    arm = Arm(replace(arm.config, method=method), arm.words)
    found = finish(arm, advance(arm, None, 6), Budget(FLASH), typos=True)
    image, model = refitted(arm, found)
    assert len(image) == len(found.image) and model.vocabulary.words == found.model.vocabulary.words
    assert bool(model.correction) == found.best.correct and model.digest() != found.model.digest()


def test_where_corrections_have_no_room_there_are_words_without_them(dataset):
    settings = config(network="cnn", subwords=0)
    one_word = image_bytes(closed_vocabulary(blank(dataset, settings)), np.array([1]), DTYPE)
    (arm,) = arms(dataset, [settings], Limits(Budget(CODE + one_word)), np.array([1, 2]))
    found = finish(arm, advance(arm, None, 1), Budget(CODE + one_word), typos=True)
    assert found.best.words >= 1 and not found.best.correct and found.best.flash <= CODE + one_word
