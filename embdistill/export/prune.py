"""Models with fewer words: which ones to leave out, by what that does to the answers.

A word that is left out becomes unknown, and the vector of unknown words becomes the mean of all that it stands for.
What leaving it out costs is how far the answers on texts then are from those of the whole model, measured by putting
the unknown word in its place wherever it occurs. That needs no labels; docs/budget.md compares it with other measures.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from embdistill.data.packed import Packed
from embdistill.data.vocabulary import UNKNOWN, Vocabulary
from embdistill.model.classifier import Model

LEFT = 0.7  # share of the words that is left after a round; fewer at a time is hardly better
MOST_TOKENS = 4_000_000  # read in the first round; of more texts, a sample is taken
BATCH_TOKENS = 100_000


def ranking(model: Model, texts: Packed) -> np.ndarray:
    """Rows of the table, (V - 1,) int64, all but row 0, the words that are hardest to do without first.

    The words that cost least are left out in rounds, and the cost of the others is measured anew, since words stand
    in for each other. Words that are in no text come last, in the order of the vocabulary.
    """
    texts = sample(texts)
    counts = np.bincount(texts.ids, minlength=len(model.table))
    reference = _log_probabilities(model, texts)
    in_texts = 1 + np.flatnonzero(counts[1:])
    rounds = [1 + np.flatnonzero(counts[1:] == 0)]
    left = in_texts
    while len(left):
        smaller = pruned_table(model.table, left, counts)
        cost = costs(replace(model, table=smaller), _only(texts, left, len(counts)), reference)[left]
        left = left[np.argsort(-cost, kind="stable")]
        keep = int(LEFT * len(left))
        rounds.append(left[keep:])
        left = np.sort(left[:keep])
    return np.concatenate(rounds[::-1])


def prune(model: Model, rows: np.ndarray, texts: Packed) -> Model:
    """The model with the words of some rows of its table (n,) alone; the scores of the whole one are left out.

    texts: packed by the model, in which the words are counted that the vector of unknown words is the mean of.
    """
    rows = np.sort(rows)
    counts = np.bincount(texts.ids, minlength=len(model.table))
    table = pruned_table(model.table, rows, counts)[np.concatenate([[UNKNOWN], rows])]
    words = [model.vocabulary.words[row] for row in rows]
    record = {name: value for name, value in model.about["record"].items() if name not in ("dev", "test")}
    return replace(model, vocabulary=Vocabulary(words), table=table, about={**model.about, "record": record})


def pruned_table(table: np.ndarray, rows: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """A copy of the table (V, d) with the mean vector of all tokens that are unknown when only `rows` (n,) are known.

    counts (V,): how often each word occurs. Where no token is unknown, row 0 stays as it is.
    """
    weights = counts.astype(np.float64)
    weights[rows] = 0
    table = table.copy()
    if weights.any():
        table[UNKNOWN] = weights @ table / weights.sum()
    return table


def costs(model: Model, texts: Packed, reference: np.ndarray) -> np.ndarray:
    """What it costs to have each word unknown, (V,) float64: how much farther from `reference` the answers then are.

    reference: log-probabilities (B, C) of the texts. The distance is the Kullback-Leibler divergence of the model's
    probabilities from those of the reference, in nats, added up over the texts.
    """
    before = _divergence(reference, _log_probabilities(model, texts))
    cost = np.zeros(len(model.table))
    for sentences, words in _substitutions(texts, len(model.table)):
        after = _divergence(reference[sentences], _log_probabilities(model, _without(texts, sentences, words)))
        cost += np.bincount(words, after - before[sentences], minlength=len(cost))
    return cost


def sample(texts: Packed) -> Packed:
    """So many of the texts, the same ones every time, that one round of substitutions reads at most MOST_TOKENS."""
    read = np.cumsum((np.diff(texts.offsets) ** 2)[order := np.random.default_rng(0).permutation(texts.sentences)])
    if not len(read) or read[-1] <= MOST_TOKENS:
        return texts
    return _select(texts, np.sort(order[read <= MOST_TOKENS]))


def _substitutions(texts: Packed, rows: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """All pairs of a text and a known word in it, as numbers of texts (n,) and of words (n,), some at a time."""
    lengths = np.diff(texts.offsets)
    known = texts.ids != UNKNOWN
    pairs = np.unique(np.repeat(np.arange(texts.sentences) * rows, lengths)[known] + texts.ids[known])
    sentences, words = np.divmod(pairs, rows)
    batch = np.cumsum(lengths[sentences]) // BATCH_TOKENS
    for part in np.split(np.arange(len(pairs)), np.flatnonzero(np.diff(batch)) + 1):
        yield sentences[part], words[part]


def _without(texts: Packed, sentences, words) -> Packed:
    """The texts of the given numbers (n,), in each of which one word (n,) is unknown."""
    chosen = _select(texts, sentences)
    ids = np.where(chosen.ids == np.repeat(words, np.diff(chosen.offsets)), UNKNOWN, chosen.ids)
    return chosen._replace(ids=ids.astype(np.int32))


def _select(texts: Packed, sentences) -> Packed:
    lengths = np.diff(texts.offsets)[sentences]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    tokens = np.arange(offsets[-1]) + np.repeat(texts.offsets[sentences] - offsets[:-1], lengths)
    positions = None if texts.positions is None else texts.positions[tokens]
    return Packed(texts.ids[tokens], offsets, positions)


def _only(texts: Packed, rows, total) -> Packed:
    """The texts with all words unknown but those of `rows`."""
    known = np.zeros(total, bool)
    known[rows] = True
    return texts._replace(ids=np.where(known[texts.ids], texts.ids, UNKNOWN).astype(np.int32))


def _log_probabilities(model: Model, texts: Packed) -> np.ndarray:
    logits = model.logits(texts).astype(np.float64)
    logits -= logits.max(axis=1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def _divergence(reference, found) -> np.ndarray:
    return np.sum(np.exp(reference) * (reference - found), axis=1)
