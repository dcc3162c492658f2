"""Which words are removed, and what the model is without them."""

from dataclasses import replace

import numpy as np
import pytest

from embdistill.data.vocabulary import UNKNOWN
from embdistill.export.edm import edm_bytes
from embdistill.export.prune import costs, log_softmax, prune, pruned_table, ranking, with_stand_ins
from embdistill.model.edm import EdmModel
from embdistill.model.networks.mean import Mean
from embdistill.model.words import CORRECTED
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
    packed = model.pack(texts)
    ids, replaced = with_stand_ins(model, packed)
    removed = np.isin(packed.ids, np.setdiff1d(np.arange(1, len(WORDS) + 1), kept))
    replaced = replaced._replace(ids=np.where(removed, ids[np.where(removed, packed.ids, UNKNOWN)], packed.ids))
    whole = replace(model, table=pruned_table(model, kept, packed))
    smaller = prune(model, kept, packed)
    np.testing.assert_allclose(whole.logits(replaced), smaller.logits(smaller.pack(texts)), rtol=0, atol=1e-5)
    ranked = ranking(model, packed)
    assert sorted(ranked) == list(range(1, len(model.vocabulary)))


@pytest.mark.parametrize("subwords", [True, False])
def test_no_removed_word_becomes_another_one(subwords):
    """Nor in an image of the pruned model; words with typing errors still become known ones."""
    model = open_model(Mean(7, 3, 9), WORDS, subwords=subwords)
    smaller = prune(model, np.array([model.vocabulary.index[word] for word in ("lamp", "music")]), model.pack(["lamp"]))
    near = [word for word in WORDS if word not in ("lamp", "music")]
    edm = EdmModel(edm_bytes(smaller))
    assert {"lamps", "camp"} <= set(smaller.correction.spellings) <= set(near)
    assert not any(smaller.words.read(word).how == CORRECTED or edm.correct(word) for word in near)
    assert smaller.words.read("lammp").how == smaller.words.read("musc").how == CORRECTED
    again = prune(smaller, np.array([1]), smaller.pack(["lamp"]))
    assert {"lamps", "camp"} <= set(again.correction.spellings)


def test_the_vector_of_unknown_words_is_of_those_that_are_read_as_unknown():
    """Of removed words and of others, neither of those that are corrected nor of those that n-grams read."""
    texts = ["lamp light lammp zzz song", "музыка musc qqq zzz lamp"]
    for correct, subwords in [(True, False), (False, False), (True, True)]:
        model = open_model(Mean(7, 3, 9), WORDS, correct, subwords)
        row = model.vocabulary.index
        smaller = prune(model, np.array([row["lamp"], row["music"]]), model.pack(texts))
        unknown = [row[word] for word in ("light", "song", "музыка")] + [0] * (3 if correct else 5)
        expected = model.table[0] if subwords else model.table[unknown].mean(axis=0)
        np.testing.assert_allclose(smaller.table[0], expected, atol=1e-6)
