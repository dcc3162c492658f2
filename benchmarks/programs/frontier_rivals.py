"""What the frontier is compared with, made to fit sizes: fastText's .ftz, and TF-IDF with logistic regression."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from open_vocabulary import Part
from open_vocabulary_rivals import fasttext_lines, labeller, spaced
from peers.rivals import fasttext_model, zeroed_memory


class Fitted(NamedTuple):
    """A model that was made to fit a size: its words, terms or rows, its bytes, and what labels texts."""

    size: int
    kept: int
    bytes: int
    label: Callable[[list[str]], list[str]]


class FastText:
    """Quantized, with as many of its words and n-grams as a file of that size has room for."""

    title = "fastText, .ftz"
    seeded = True
    DIMS = (4, 8, 16, 32)  # and fewer than twice the classes, since the model is linear, but for the first two
    NGRAMS = ({"wordNgrams": 1}, {"wordNgrams": 2}, {"wordNgrams": 1, "minn": 3, "maxn": 4})
    SCHEDULES = ((10, 0.25), (10, 0.5), (25, 0.25), (25, 0.5))  # epochs, learning rate
    BUCKETS = 50_000  # of n-grams, before most are cut off
    LEAST = 256  # rows, of which the quantizer needs so many
    DSUB = 2  # numbers that share a byte

    def __init__(self, train: Part, large: dict):
        """large: settings to try besides, those that were best on dev for a model of any size."""
        self.large = large
        self.names = sorted(set(train.labels))
        self.lines = fasttext_lines(*train, self.names)

    def settings(self) -> list[dict]:
        dims = [dim for dim in self.DIMS if dim < max(2 * len(self.names), 16)]
        found = product(dims, self.NGRAMS, self.SCHEDULES)
        small = [{"dim": dim, **ngrams, "epoch": epochs, "lr": rate} for dim, ngrams, (epochs, rate) in found]
        return [*small, self.large]

    def fitted(self, settings: dict, sizes: Sequence[int], seed: int) -> Iterator[Fitted]:
        """A model for each of the sizes that has room for one; none if training diverges."""
        import fasttext

        schedule = {"epoch": settings["epoch"], "lr": settings["lr"], "thread": 1}
        with zeroed_memory(), tempfile.TemporaryDirectory() as folder:
            data, whole, quantized = (f"{folder}/{name}" for name in ("data.txt", "model.bin", "model.ftz"))
            Path(data).write_text("\n".join([*self.lines, ""]))

            def cut(rows, retrain):
                model = fasttext.load_model(whole)
                options = {"qnorm": True, "dsub": self.DSUB, "cutoff": rows, "retrain": retrain}
                model.quantize(data, verbose=0, **options, **schedule)
                model.save_model(quantized)
                return Path(quantized).stat().st_size

            try:
                given = settings | schedule | {"bucket": self.BUCKETS, "seed": seed + 1}  # 0 would be 1 again
                model = fasttext_model(data, **given)
                model.save_model(whole)
                sums = np.cumsum(row_bytes(model, self.DSUB))
                sums += cut(self.LEAST, retrain=False) - sums[self.LEAST - 1]
                for size in sizes:
                    rows = int(np.searchsorted(sums, size, side="right"))
                    if rows >= self.LEAST:
                        taken = cut(rows, retrain=True)
                        yield Fitted(size, rows, taken, labeller(fasttext.load_model(quantized), self.names))
            except RuntimeError as error:
                if "NaN" not in str(error):
                    raise


def row_bytes(model, dsub: int) -> np.ndarray:
    """What each row (n,) of a trained model takes in a .ftz, in the order in which fastText keeps them: </s>, then the
    longest vectors."""
    words = model.get_words()
    norms = np.linalg.norm(model.get_input_matrix(), axis=1)
    norms[words.index("</s>")] = np.inf
    of_words = [len(word.encode()) + 1 + 8 + 1 for word in words]  # its letters, a zero, its count and its kind
    of_dictionary = np.array(of_words + [8] * (len(norms) - len(words)))  # of an n-gram, its old row and its new one
    codes = -(-model.get_dimension() // dsub) + 1  # a byte for each dsub numbers, and one for the length
    return of_dictionary[np.argsort(-norms, kind="stable")] + codes


WORDS, PAIRS, CHARACTERS = (
    {"ngram_range": (1, 1), "token_pattern": r"\S+"},
    {"ngram_range": (1, 2), "token_pattern": r"\S+"},
    {"ngram_range": (2, 5), "analyzer": "char_wb", "min_df": 2},
)
NGRAMS = {"words": [WORDS], "words, pairs": [PAIRS], "words, pairs, 2 to 5 characters": [PAIRS, CHARACTERS]}


class TfIdf:
    """Logistic regression with the weights that matter most, in 8 bits, and an index of the terms such as ours."""

    title = "TF-IDF, logistic regression"
    seeded = False
    INVERSE_REGULARISATION = (1, 10, 100)
    PRUNED = (  # what is removed, and the power of the number of its texts by which a term counts
        {"pruned": "terms", "power": 0},
        {"pruned": "terms", "power": 1},
        {"pruned": "weights", "power": 0.5},
    )

    def __init__(self, train: Part):
        self.texts, self.labels = spaced(train.texts), train.labels
        self._kept = None, None

    def settings(self) -> list[dict]:
        pruned = self.PRUNED if len(set(self.labels)) > 2 else self.PRUNED[:2]  # a term then has one weight
        found = product(NGRAMS, self.INVERSE_REGULARISATION, pruned)
        return [{"n-grams": ngrams, "C": C, **pruned} for ngrams, C, pruned in found]

    def fitted(self, settings: dict, sizes: Sequence[int], seed: int) -> Iterator[Fitted]:
        """What each of the sizes has room for, of a model of all terms; unless a smaller one has all of it."""
        terms, whole = self._whole(settings["n-grams"], settings["C"])
        importance = np.abs(whole.coef_) * terms.idf * terms.texts ** settings["power"]
        order, costs = PRUNING[settings["pruned"]](importance, np.full(len(terms.idf), INDEX))
        fixed = sum(len(label.encode()) + 1 for label in whole.classes_) + PER_CLASS * len(whole.coef_) + HEADER
        sums, before = fixed + np.cumsum(costs), 0
        for size in sizes:
            count = int(np.searchsorted(sums, size, side="right"))
            if count == before:
                continue
            before, kept = count, np.unique(order[:count] % len(terms.idf))
            if settings["pruned"] == "terms":
                model = self._regression(terms.found[:, kept], settings["C"])
                weights, bias = model.coef_, model.intercept_
            else:
                weights, bias = np.zeros_like(whole.coef_), whole.intercept_
                weights.flat[order[:count]] = whole.coef_.flat[order[:count]]
                weights = weights[:, kept]
            yield Fitted(size, len(kept), int(sums[count - 1]), terms.labeller(kept, weights, bias, whole.classes_))

    def _whole(self, ngrams, C):
        """The terms and the model of all of them; those of the last call are kept."""
        if self._kept[0] != (ngrams, C):
            terms = Terms(self.texts, NGRAMS[ngrams])
            self._kept = (ngrams, C), (terms, self._regression(terms.found, C))
        return self._kept[1]

    def _regression(self, found, C):
        from sklearn.linear_model import LogisticRegression
        from sklearn.preprocessing import normalize

        return LogisticRegression(C=C, max_iter=300).fit(normalize(found.tocsr()), self.labels)


class Terms:
    """The terms (n,) of training texts: their idf, how many texts have them, and their tf-idf (texts, n)."""

    def __init__(self, texts: list[str], kinds: list[dict]):
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_union

        vectorizers = [TfidfVectorizer(norm=None, **kind) for kind in kinds]
        self._union = make_union(*vectorizers)
        self.found = self._union.fit_transform(texts).tocsc()
        self.texts = np.diff(self.found.indptr)
        self.idf = np.concatenate([each.idf_ for each in vectorizers])

    def labeller(self, kept: np.ndarray, weights: np.ndarray, bias: np.ndarray, classes: np.ndarray) -> Callable:
        """A function from texts to their labels, by the weights (C, m) of the terms `kept` (m,), with these and their
        idf in 8 bits."""
        from sklearn.preprocessing import normalize

        scales = np.abs(weights).max(axis=1, keepdims=True) / 127
        scales[scales == 0] = 1
        low, step = self.idf[kept].min(), np.ptp(self.idf[kept]) / 255 or 1
        in_bytes = np.round(weights / scales) * scales
        idf = low + np.round((self.idf[kept] - low) / step) * step

        def label(texts):
            found = self._union.transform(spaced(texts)).tocsc()[:, kept].multiply(idf / self.idf[kept])
            logits = normalize(found.tocsr()) @ in_bytes.T + bias
            best = logits.argmax(axis=1) if len(bias) > 1 else (logits[:, 0] > 0).astype(int)
            return classes[best].tolist()

        return label


def by_terms(importance: np.ndarray, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Terms (n,) by importance (C, n), and the bytes of each: those of the index (n,), its idf, and a weight for each
    class."""
    order = np.argsort(-np.linalg.norm(importance, axis=0), kind="stable")
    return order, index[order] + 1 + len(importance)


def by_weights(importance: np.ndarray, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights, as flat indices (C n,), by importance, and the bytes of each: a byte and its class; and with the first
    of a term those of the index, the idf and the number of its weights."""
    order = np.argsort(-importance, axis=None, kind="stable")
    terms, first = np.unique(order % len(index), return_index=True)
    costs = np.full(len(order), 2)
    costs[first] += index[terms] + 2
    return order, costs


PRUNING = {"terms": by_terms, "weights": by_weights}
INDEX = 3  # bytes of a term: 16 bits of its hash and its share of the buckets, as in our int4 images
HEADER, PER_CLASS = 8, 8  # the range of the idf; the scale of the weights of a class and its bias, as float32
