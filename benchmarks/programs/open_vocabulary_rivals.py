"""What is open to any word without us: fastText and TF-IDF over n-grams of characters, in settings chosen on dev."""

import tempfile
from collections.abc import Callable
from itertools import product
from pathlib import Path

from peers.data import shuffled
from peers.rivals import fasttext_model, zeroed_memory

from embdistill.data.relations import segments
from embdistill.data.tokenizer import Tokenizer
from embdistill.data.typos import Typos

GRID = list(product((10, 25, 50, 100), (0.1, 0.25, 0.5, 1.0), (1, 2)))  # epochs, learning rate, words in an n-gram
SIZES = {"dim": 50, "minn": 3, "maxn": 6, "bucket": 100_000}
KEPT = 10_000  # words and n-grams of a .ftz
INVERSE_REGULARISATION = (1, 10, 100, 1000)


def spaced(texts: list[str]) -> list[str]:
    """Our tokens with spaces between; the marks of relations are tokens too."""
    tokenizer = Tokenizer()
    return [
        " ".join(token for i, part in enumerate(segments(text)) for token in ([part] if i % 2 else tokenizer(part)))
        for text in texts
    ]


def fasttext_lines(texts: list[str], labels: list[str], names: list[str]) -> list[str]:
    """Lines as fastText trains on, `__label__3 some words`: a label is its index among names."""
    lines = [f"__label__{names.index(label)} {text}" for text, label in zip(spaced(texts), labels, strict=True)]
    return shuffled(lines)


def labeller(model, names: list[str]) -> Callable:
    """A function from texts to their labels, by a model of fasttext_lines."""

    def label(texts):
        return [names[int(found[0].removeprefix("__label__"))] for found in model.predict(spaced(texts))[0]]

    return label


def dev_score(label: Callable, task: dict, rate: float) -> float:
    """The share of dev texts that are labelled rightly, clean and with typing errors."""
    texts, gold = task["dev"]
    answers = [*label(texts), *label(Typos(rate)(texts).texts)]
    return sum(map(str.__eq__, answers, 2 * gold)) / len(answers)


class FastText:
    """With n-grams of characters, as .bin, and quantized as .ftz."""

    def __init__(self, task: dict, rate: float):
        """Choose the settings: those that are best on the dev part."""
        best = max(GRID, key=lambda settings: dev_score(self._trained(task, 0, *settings)[0], task, rate))
        self.settings = {**SIZES, **dict(zip(("epoch", "lr", "wordNgrams"), best, strict=True))}
        self.best = best

    def contestants(self) -> dict[str, Callable]:
        """By title; from a task and a seed to a function that labels texts, and its bytes."""
        return {
            "fastText, n-grams of characters": lambda task, seed: self._trained(task, seed, *self.best),
            "the same, .ftz": lambda task, seed: self._trained(task, seed, *self.best, kept=KEPT),
        }

    @staticmethod
    def _trained(task, seed, epochs, rate, words, kept=None):
        from fasttext import load_model

        texts, labels = task["data"]
        names = sorted(set(labels))
        with zeroed_memory(), tempfile.TemporaryDirectory() as folder:
            data, saved = f"{folder}/data.txt", f"{folder}/model"
            lines = fasttext_lines(texts, labels, names)
            Path(data).write_text("\n".join([*lines, ""]))
            schedule = {"epoch": epochs, "lr": rate, "thread": 1}
            while True:  # at half its learning rate, and so on, where that diverges
                try:
                    model = fasttext_model(data, **SIZES, **schedule, wordNgrams=words, seed=seed)
                    if kept:
                        model.quantize(data, qnorm=True, retrain=True, cutoff=kept, **schedule)
                    model.predict(lines)
                    break
                except RuntimeError as error:
                    if "NaN" not in str(error) or schedule["lr"] < 1e-3:
                        raise
                    schedule["lr"] /= 2
            model.save_model(saved)
            return labeller(load_model(saved), names), Path(saved).stat().st_size


class TfIdf:
    """Of words and of characters, with logistic regression."""

    def __init__(self, task: dict, rate: float):
        """Choose C on the dev part."""
        best = max(INVERSE_REGULARISATION, key=lambda C: dev_score(self._trained(task, C)[0], task, rate))
        self.settings = {"C": best}

    def contestants(self) -> dict[str, Callable]:
        """As those of FastText."""
        title = "TF-IDF of words and characters, logistic regression"
        return {title: lambda task, seed: self._trained(task, self.settings["C"])}

    @staticmethod
    def _trained(task, C):
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline, make_union

        texts, labels = task["data"]
        words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\S+")
        characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2)
        model = make_pipeline(make_union(words, characters), LogisticRegression(C=C, max_iter=1000))
        model.fit(spaced(texts), labels)
        # As float32, with a byte behind each term: what a small reader of it would hold.
        terms = [term.encode() for part in (words, characters) for term in part.vocabulary_]
        numbers = len(terms) + model[-1].coef_.size + model[-1].intercept_.size
        return lambda texts: model.predict(spaced(texts)).tolist(), 4 * numbers + sum(len(term) + 1 for term in terms)
