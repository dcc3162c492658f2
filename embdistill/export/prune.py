"""Models with fewer words: which to remove, by how much that changes the model's predictions.

A removed word is read by its n-grams or, by a model without them, as unknown; then the vector of unknown words becomes
the mean of all words that it stands for. It is not read as another word, since it becomes one of the spellings, but for
the few that an int4 image mistakes, as it mistakes other unknown words. The cost of removing a word is how far that
moves the predictions on texts from those of the whole model, measured by removing the word wherever it occurs. That
needs no labels; docs/budget.md compares it with other measures.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from embdistill.data.packed import Packed, select
from embdistill.data.vocabulary import UNKNOWN, Vocabulary
from embdistill.model.classifier import Model

KEPT_SHARE = 0.7  # of the words in each round; smaller rounds are hardly better
MAX_TOKENS = 4_000_000  # read in the first round; larger texts are sampled
BATCH_TOKENS = 100_000


def ranking(model: Model, texts: Packed) -> np.ndarray:
    """The known words (V - 1,) int64, as rows of the table, those that cost most to remove first."""
    texts = sample(texts)
    return ranking_against(log_softmax(model.logits(texts)), model, texts)


def ranking_against(reference: np.ndarray, model: Model, texts: Packed, kept_share: float = KEPT_SHARE) -> np.ndarray:
    """As ranking(), with the cost as the distance from other log-probabilities (B, C) than the whole model's.

    The cheapest words are removed in rounds, and the costs of the others measured again, since words can replace each
    other. Words that are in no text come last, in the order of the vocabulary.
    """
    counts = _counts(model, texts)
    kept = 1 + np.flatnonzero(counts[1:])
    removed = [1 + np.flatnonzero(counts[1:] == 0)]
    stand_ins, texts = with_stand_ins(model, texts)
    while len(kept):
        smaller = replace(model, table=pruned_table(model, kept, texts))
        kept_only = stand_ins.copy()
        kept_only[kept] = kept
        cost = costs(smaller, _replaced(texts, kept_only), reference, stand_ins)[kept]
        kept = kept[np.argsort(-cost, kind="stable")]
        n = int(kept_share * len(kept))
        removed.append(kept[n:])
        kept = np.sort(kept[:n])
    return np.concatenate(removed[::-1])


def prune(model: Model, rows: np.ndarray, texts: Packed) -> Model:
    """The model with only the words in rows (n,) of its table, and without its scores, which no longer hold.

    texts: packed by the model; their word counts weight the mean vector of unknown words.
    """
    rows = np.sort(rows)
    table = pruned_table(model, rows, texts)[np.concatenate([[UNKNOWN], rows])]
    words = [model.vocabulary.words[row] for row in rows]
    correction = model.correction and model.correction.pruned(model.vocabulary.words, rows)
    record = {name: value for name, value in model.about.get("record", {}).items() if name not in ("dev", "test")}
    about = {**model.about, "record": record}
    return replace(model, vocabulary=Vocabulary(words), table=table, correction=correction, about=about)


def pruned_table(model: Model, rows: np.ndarray, texts: Packed) -> np.ndarray:
    """A copy of the table (V, d) of a model, in which row 0 is the mean vector of all tokens that are read as unknown
    if only the words in `rows` (n,) are kept.

    texts: packed by the model. Row 0 stays as it is if there is no such token, as where n-grams read all of them.
    """
    weights = _counts(model, texts).astype(np.float64)
    weights[rows] = 0
    table = model.table.copy()
    if model.subwords:
        return table
    if weights.any():
        table[UNKNOWN] = weights @ table / weights.sum()
    return table


def with_stand_ins(model: Model, texts: Packed) -> tuple[np.ndarray, Packed]:
    """(ids, texts): the id (V,) int32 of what each word of a model is read as once it is removed; and texts, packed by
    the model, that have a composed vector for each such id."""
    rows = len(model.table)
    if not model.subwords:
        return np.full(rows, UNKNOWN, np.int32), texts
    composed = np.concatenate([texts.composed, model.subwords.vectors(model.vocabulary.words)])
    ids = np.arange(len(texts.composed) + rows, len(texts.composed) + 2 * rows, dtype=np.int32)
    ids[UNKNOWN] = UNKNOWN
    return ids, texts._replace(composed=composed)


def costs(model: Model, texts: Packed, reference: np.ndarray, stand_ins: np.ndarray) -> np.ndarray:
    """The cost (V,) float64 of removing each word: how much that moves the predictions away from `reference`.

    reference: log-probabilities (B, C) of the texts. stand_ins (V,) int32: the id of what each word is read as then.
    The distance is the Kullback-Leibler divergence of the model's probabilities from those of the reference, in nats,
    summed over the texts.
    """
    before = _divergence(reference, log_softmax(model.logits(texts)))
    cost = np.zeros(len(model.table))
    for sentences, words in _substitutions(texts, len(model.table)):
        after = _divergence(
            reference[sentences], log_softmax(model.logits(_without(texts, sentences, words, stand_ins)))
        )
        cost += np.bincount(words, after - before[sentences], minlength=len(cost))
    return cost


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Log-probabilities (B, C) float64 of logits (B, C)."""
    logits = logits.astype(np.float64)
    logits -= logits.max(axis=1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def sample(texts: Packed) -> Packed:
    """A fixed sample of the texts, of which one round of substitutions reads at most MAX_TOKENS."""
    order = np.random.default_rng(0).permutation(texts.sentences)
    read = np.cumsum(np.diff(texts.offsets)[order] ** 2)
    if not len(read) or read[-1] <= MAX_TOKENS:
        return texts
    return select(texts, np.sort(order[read <= MAX_TOKENS]))


def _substitutions(texts: Packed, rows: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Batches of all pairs of a text and a known word in it: indices of texts (n,) and of words (n,)."""
    lengths = np.diff(texts.offsets)
    known = (texts.ids != UNKNOWN) & (texts.ids < rows)
    pairs = np.unique(np.repeat(np.arange(texts.sentences) * rows, lengths)[known] + texts.ids[known])
    sentences, words = np.divmod(pairs, rows)
    batch = np.cumsum(lengths[sentences]) // BATCH_TOKENS
    for own in np.split(np.arange(len(pairs)), np.flatnonzero(np.diff(batch)) + 1):
        yield sentences[own], words[own]


def _without(texts: Packed, sentences, words, stand_ins) -> Packed:
    """The texts of these indices (n,), each with one word (n,) removed."""
    chosen = select(texts, sentences)
    removed = np.repeat(words, np.diff(chosen.offsets))
    return chosen._replace(ids=np.where(chosen.ids == removed, stand_ins[removed], chosen.ids))


def _replaced(texts: Packed, ids) -> Packed:
    """The texts with these ids (V,) in place of the words."""
    known = texts.ids < len(ids)
    return texts._replace(ids=np.where(known, ids[np.where(known, texts.ids, UNKNOWN)], texts.ids))


def _counts(model, texts):
    """How often each word of a model occurs (V,)."""
    return np.bincount(texts.ids, minlength=len(model.table))[: len(model.table)]


def _divergence(reference, predicted) -> np.ndarray:
    return np.sum(np.exp(reference) * (reference - predicted), axis=1)
