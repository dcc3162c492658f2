"""A classifier of texts for scikit-learn: trained on large word vectors, it keeps small ones."""

import copy
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import KW_ONLY, dataclass, fields
from numbers import Number
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from embdistill.api.errors import errors_in_python, in_python
from embdistill.api.inputs import Labelled, Vectors, Words, read_dataset
from embdistill.data.corpora.in_memory import column, is_missing, texts_of
from embdistill.data.holdout import SHARE
from embdistill.errors import MarkError, UserError
from embdistill.export import write_model
from embdistill.kernels.machine.threads import use_threads
from embdistill.model.classifier import Model
from embdistill.model.config import Config
from embdistill.model.explanation import Explanation
from embdistill.model.run_file import load_run, save_run
from embdistill.progress import silent
from embdistill.storage.hdf5 import check_replaceable
from embdistill.training.experiment import run

SETTINGS = [setting.name for setting in fields(Config)]
WARNING = "warning: "  # how a note begins on what is likely a mistake


@dataclass(repr=False, eq=False)
class Classifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A small classifier of texts, distilled from large word vectors; an estimator of scikit-learn.

    vectors: large word vectors: the path of a file, gensim's KeyedVectors, a dict from words to vectors (D,), or a pair
    of n words and an array (n, D); the frequent words first. dev: the share of the texts that is held out for early
    stopping, or labelled texts for it: a pair (texts, labels) or a path. vocab: more words for the small table, as
    a list or in a file. small_vectors: what a direct table starts from, of dim numbers. threads: that share the work;
    the result does not depend on it. verbose: whether progress and what was read are shown.
    The other parameters are the settings of `embdistill train --help`.

    Once fitted, it has classes_ (C,), sorted; model_, what `embdistill.load` gives; record_, as `train --json` prints
    it; and notes_, what was omitted or changed of the texts and vectors.
    """

    vectors: Vectors | None = None
    _: KW_ONLY
    method: str = Config.method
    network: str = Config.network
    dim: int = Config.dim
    epochs: int = Config.epochs
    patience: int = Config.patience
    select: str = Config.select
    class_weights: str = Config.class_weights
    seed: int = Config.seed
    batch: int = Config.batch
    rate: float = Config.rate
    dropout: float = Config.dropout
    filters: int = Config.filters
    widths: Sequence[int] = Config.widths
    hidden: int = Config.hidden
    units: int = Config.units
    pooling: str = Config.pooling
    position_dim: int = Config.position_dim
    position_reach: int = Config.position_reach
    activation: str = Config.activation
    encoder_hidden: int = Config.encoder_hidden
    temperature: float = Config.temperature
    mixing: float = Config.mixing
    teachers: int = Config.teachers
    teacher_networks: Sequence[str] = Config.teacher_networks
    combine: str = Config.combine
    pretrain_epochs: int = Config.pretrain_epochs
    finetune_rate: float = Config.finetune_rate
    split: str = Config.split
    lowercase: bool = Config.lowercase
    words: int = Config.words
    transductive: bool = Config.transductive
    word_dropout: float = Config.word_dropout
    subwords: int = Config.subwords
    correct: bool = Config.correct
    spellings: int = Config.spellings
    dev: float | Labelled = SHARE
    vocab: Words | None = None
    small_vectors: Vectors | None = None
    threads: int = 1
    verbose: bool = False

    def fit(self, X: Iterable[str], y: Iterable[Any]) -> Self:
        """Train on texts X (n) of the classes y (n): str, numbers or truth values, all of one type.

        UserError, a ValueError, for what is no text or no class, with its position; and as the command line raises it.
        """
        classes, names = _classes(y)
        with errors_in_python(), nullcontext() if self.verbose else silent():
            config = Config(**{name: getattr(self, name) for name in SETTINGS})
            use_threads(self.threads)
            share, dev = _dev(self.dev)
            dataset = read_dataset(
                (X, names), self.vectors, config, dev, vocab=self.vocab, small_vectors=self.small_vectors
            )
            finished = run(dataset.with_dev(config.seed, share), config)
        self.classes_: npt.NDArray[Any] = classes
        self.model_: Model = finished.model
        self.record_: dict[str, Any] = finished.record
        self.model_.about["classes"] = classes.tolist()
        self.notes_: list[str] = [in_python(note) for note in dataset.notes]
        for note in self.notes_:
            if note.startswith(WARNING):
                warnings.warn(note.removeprefix(WARNING), stacklevel=2)
        return self

    def predict(self, X: Iterable[str]) -> npt.NDArray[Any]:
        """The most probable class (n,) of each text."""
        check_is_fitted(self)
        columns = np.argsort(self._columns())  # the class of each of the model's labels
        with _positions():
            classes: npt.NDArray[Any] = self.classes_[columns[self.model_.predicted(self.model_.pack(texts_of(X)))]]
        return classes

    def predict_proba(self, X: Iterable[str]) -> npt.NDArray[np.float32]:
        """The probabilities (n, C) of the classes, in the order of classes_."""
        check_is_fitted(self)
        with _positions():
            probabilities: npt.NDArray[np.float32] = self.model_.predict_proba(texts_of(X))[:, self._columns()]
        return probabilities

    def _columns(self) -> npt.NDArray[np.intp]:
        """The index (C,) of each class among the model's labels, which are sorted as text."""
        return np.array([self.model_.labels.index(str(value)) for value in self.classes_.tolist()])

    def save(self, path: str | Path) -> None:
        """Write the trained model as a run file, as `train --out` does; the large vectors are not in it."""
        check_is_fitted(self)
        with errors_in_python():
            check_replaceable(path, "run")
            save_run(path, self.model_)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The classifier of a run file, with its settings, to predict with; to fit it again, give it vectors.

        FormatError if the file is not sound, UserError if it cannot be read.
        """
        model = load_run(path)
        config = model.about.get("config", {})
        loaded = cls(**vars(Config(**{name: config[name] for name in SETTINGS if name in config})))
        classes = model.about.get("classes", model.labels)
        if sorted(map(str, classes)) != sorted(model.labels):
            classes = model.labels
        loaded.classes_, loaded.model_ = np.array(classes), model
        loaded.record_, loaded.notes_ = model.about.get("record", {}), model.about.get("notes", [])
        return loaded

    def export(self, out: str | Path, to: str = "edm", dtype: str | None = None) -> int:
        """Write the trained model for other programs, as `embdistill export` does; the bytes that were written.

        to: edm, c (a folder), web (a page), onnx or word2vec. dtype: float32, or int8 or int4 for edm, c and web.
        """
        check_is_fitted(self)
        with errors_in_python():
            return write_model(self.model_, to, out, dtype)

    def explain(self, text: str, label: Any = None) -> Explanation:
        """What each word of a text does to a class, by leaving it out; the most probable class by default.

        UserError for a class that is none of classes_.
        """
        check_is_fitted(self)
        with errors_in_python():
            explained: Explanation = self.model_.explain(texts_of([text])[0], None if label is None else str(label))
        return explained

    def __sklearn_clone__(self) -> Self:
        """Clones share the parameters, which are never altered: copies of large vectors would take gigabytes."""
        clone = type(self)(**self.get_params(deep=False))
        if hasattr(self, "_metadata_request"):  # of set_score_request
            clone._metadata_request = copy.deepcopy(self._metadata_request)
        return clone

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags


@contextmanager
def _positions() -> Iterator[None]:
    """Around a prediction: an entity that is not marked as it should be is told with the position of its text."""
    try:
        yield
    except MarkError as error:
        raise UserError(f"texts[{error.index}]: {error}") from error


def _dev(dev: float | Labelled) -> tuple[float, Labelled | None]:
    """(share, dev): the share of the training texts to hold out, or the labelled texts in their place."""
    if isinstance(dev, (int, float, np.number)):
        if not 0 < dev < 1:
            raise UserError(f"dev {dev}: must be a share between 0 and 1, or labelled texts")
        return float(dev), None
    return SHARE, dev


def _classes(y: Iterable[Any]) -> tuple[npt.NDArray[Any], list[str]]:
    """(classes, names): the classes (C,), sorted and of their own type, and the name of that of each text."""
    y = column_or_1d(y, warn=True) if hasattr(y, "__array__") else y
    values = column(y, "y")
    for i, value in enumerate(values):
        if is_missing(value):
            raise UserError(f"y[{i}]: {value}, not a class; fill it in, or remove it with its text")
    kinds = sorted({_kind(value) for value in values})
    if len(kinds) > 1:
        raise UserError(f"y: classes of several types ({', '.join(kinds)}); give all the same")
    found = y if isinstance(y, np.ndarray) and kinds == ["str"] else np.asarray(values)  # numbers may come as objects
    check_classification_targets(found)
    classes, indices = np.unique(found, return_inverse=True)
    names = np.array([str(value) for value in classes.tolist()], object)
    return classes, names[indices].tolist()


def _kind(value: Any) -> str:
    """What a class is; NumPy would make text of 1, and 1 of True, where there are other classes of that type."""
    if isinstance(value, (bool, np.bool_)):
        return "truth value"
    return "number" if isinstance(value, Number) else "str" if isinstance(value, str) else type(value).__name__
