"""Which words are removed, and what the model is without them."""

from dataclasses import replace

import numpy as np
import pytest

from embdistill.data.vocabulary import UNKNOWN
from embdistill.export.prune import costs, log_softmax, prune, pruned_table, ranking
from embdistill.export.stand_ins import composed_of, stand_ins
from embdistill.model.networks.mean import Mean
from open_words_helpers import WORDS, open_model


def test_a_pruned_model_does_not_know_the_removed_words(few_model, few_packed):
    rows = np.array([3, 1, 7])
    smaller = prune(few_model, rows, few_packed)
    assert smaller.vocabulary.words[1:] == [few_model.vocabulary.words[row] for row in (1, 3, 7)]
    assert np.array_equal(smaller.table[1:], few_model.table[[1, 3, 7]])
    others = few_packed.ids[~np.isin(few_packed.ids, rows)]
    np.testing.assert_allclose(smaller.table[UNKNOWN], few_model.table[others].mean(axis=0), atol=1e-6)
    assert "dev" not in smaller.about["record"]


def test_the_cost_of_a_word_is_what_removing_it_does(few_model, few_packed):
    logits = few_model.logits(few_packed).astype(np.float64)
    reference = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    found = costs(few_model, few_packed, reference, np.zeros(len(few_model.table), np.int32))
    for row in (1, 2, 5):
        ids = np.where(few_packed.ids == row, UNKNOWN, few_packed.ids).astype(np.int32)
        after = few_model.logits(few_packed._replace(ids=ids)).astype(np.float64)
        after -= np.logaddexp.reduce(after, axis=1, keepdims=True)
        expected = np.sum(np.exp(reference) * (reference - after))
        assert found[row] == pytest.approx(expected, abs=1e-5)
    absent = np.setdiff1d(np.arange(len(few_model.table)), few_packed.ids)
    assert np.all(found[absent] == 0)


def test_ranking_has_every_word_once_and_the_ones_that_matter_first(few_model, few_packed):
    ranked = ranking(few_model, few_packed)
    assert sorted(ranked) == list(range(1, len(few_model.vocabulary)))
    gold = few_model.logits(few_packed).argmax(axis=1)

    def agreement(rows):
        """How often the model pruned to these rows predicts what the whole one does."""
        row_of = np.zeros(len(few_model.table), np.int32)
        row_of[np.sort(rows)] = 1 + np.arange(len(rows))
        logits = prune(few_model, rows, few_packed).logits(few_packed._replace(ids=row_of[few_packed.ids]))
        return np.mean(logits.argmax(axis=1) == gold)

    assert agreement(ranked[:12]) >= agreement(ranked[:4])
    assert agreement(ranked[:12]) > agreement(ranked[::-1][:12])


def test_log_softmax_of_large_logits():
    logits = np.array([[1e4, 0, -1e4], [0, 0, 0]], np.float32)
    expected = np.array([[0, -1e4, -2e4], [-np.log(3)] * 3])
    np.testing.assert_allclose(log_softmax(logits), expected, atol=1e-12)


@pytest.mark.parametrize("correct", [True, False])
@pytest.mark.parametrize("subwords", [True, False])
def test_removed_words_are_read_as_the_pruned_model_reads_them(correct, subwords):
    model = open_model(Mean(7, 3, 9), WORDS, correct, subwords)
    kept = np.arange(1, len(WORDS) + 1, 2)
    texts = ["turn the lamp lamps camp light on café music play", "song музыка музыку kitchen straße zzz l'lamp"]
    packed = model.vocabulary.pack(model.tokenizer(text, model.known_words) for text in texts)
    found = stand_ins(model, kept, composed_of(model))
    smaller = prune(model, kept, packed)
    whole = replace(model, table=pruned_table(model.table, kept, np.bincount(packed.ids, minlength=len(model.table))))
    tokens = [[model.vocabulary.words[row] for row in packed.ids if row]]
    expected, _ = smaller.words.pack(tokens)
    replaced = found.without(model.vocabulary.pack(tokens), kept)
    np.testing.assert_allclose(whole.logits(replaced), smaller.logits(expected), rtol=0, atol=1e-5)
    corrected = np.setdiff1d(found.ids, [UNKNOWN])[0] < len(model.vocabulary) if found.ids.any() else False
    assert corrected == correct
    ranked = ranking(model, packed)
    assert sorted(ranked) == list(range(1, len(model.vocabulary)))
