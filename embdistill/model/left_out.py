"""A run's model over a text without one of its words, as the C runtime has it (kernels/runtime/explain.c)."""

import numpy as np

from embdistill.data.packed import UNKNOWN, Packed
from embdistill.data.relations import positions, segments, tokenize_marked
from embdistill.model.classifier import Model, vectors_of
from embdistill.model.networks.mean import Mean
from embdistill.model.words import CORRECTED, READINGS

BATCH_TOKENS = 1 << 16  # of the texts without a word that are computed together


class LeftOut:
    """What embdistill.model.explanation asks of a model, in the form of the methods of EdmModel."""

    def __init__(self, model: Model):
        self.model, self.labels, self.relations = model, model.labels, model.relations

    def logits_and_known(self, texts):
        return self.model.logits_and_known(texts)

    def _read(self, text: bytes) -> list[tuple[int, int, int, str | None]]:
        """(start, end, reading, spelling) of each word: its bytes; the index of its reading among READINGS; and, if it
        is corrected, the known word that it is read as, else None."""
        found, start = [], 0
        for i, segment in enumerate(segments(text) if self.relations else [text]):
            if i % 2 == 0:  # marks stand between the segments
                found += [(start + first, start + end, *how) for first, end, *how in self._read_segment(segment)]
            start += len(segment)
        return found

    def _read_segment(self, segment):
        model, known = self.model, self.model.known_words
        words, spans = model.tokenizer(segment, known), model.tokenizer.spans(segment, known)
        for word, span in zip(words, spans, strict=True):
            reading = model.words.read(word)
            spelling = model.vocabulary.words[reading.row] if reading.how == CORRECTED else None
            yield *span, READINGS.index(reading.how), spelling

    def _leave_out(self, text: bytes, count: int) -> np.ndarray:
        """The logits (count, C) of a text without each of its first `count` words in turn."""
        model, packed = self.model, self.model.pack([text])
        spans = tokenize_marked(model.tokenizer, text, model.known_words)[1:] if self.relations else ()
        step = max(1, BATCH_TOKENS // max(1, len(packed.ids)))
        logits = np.empty((count, len(self.labels)), np.float32)
        for first in range(0, count, step):
            batch = range(first, min(first + step, count))
            logits[batch] = model.logits(_joined([_without(packed, token, spans) for token in batch], packed.composed))
        return logits

    def _shares(self, text: bytes, count: int) -> np.ndarray | None:
        """The shares (count, C) of the first `count` words of a text in its logits; None unless the network is `mean`.

        Formula: U (r * W e / n), with r = 1 for the hidden units above 0, and 0 for the others.
        Source: Shrikumar, Greenside & Kundaje 2017, "Learning Important Features Through Propagating Activation
        Differences", section 3.1 (gradient times input); the ReLU network is linear around a text, so it is exact.
        """
        model, values = self.model, self.model.values
        if not isinstance(model.network, Mean):
            return None
        packed = model.pack([text])
        vectors = vectors_of(model.table, packed, packed.ids)
        products = vectors @ values["hidden.weight"].T
        active = products.sum(axis=0) / max(1, len(products)) + values["hidden.bias"] > 0
        return (products[:count] * active / max(1, len(products))) @ values["output.weight"].T


def _without(packed, token, spans):
    """(ids, positions or None) of a packed text without a token. The only word of an entity is unknown instead."""
    if not spans:
        return np.delete(packed.ids, token), None
    if (token, token + 1) in spans:
        ids = packed.ids.copy()
        ids[token] = UNKNOWN
        return ids, packed.positions
    ids = np.delete(packed.ids, token)
    shifted = [tuple(bound - (bound > token) for bound in span) for span in spans]
    return ids, positions(len(ids), *shifted)


def _joined(texts, composed):
    """One packed batch of (ids, positions or None)."""
    ids, found = zip(*texts, strict=True)
    offsets = np.cumsum([0, *map(len, ids)], dtype=np.int64)
    return Packed(np.concatenate(ids), offsets, None if found[0] is None else np.concatenate(found), composed)
