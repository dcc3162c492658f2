"""The classifier among the tools of scikit-learn, and scikit-learn's own checks of it."""

import numpy as np
import pytest

from api_helpers import QUICK

pytest.importorskip("sklearn", reason="embdistill.Classifier needs scikit-learn")
import joblib
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import estimator_checks
from sklearn.utils.validation import check_is_fitted, validate_data

from embdistill import Classifier, demo
from embdistill.api import read_vectors

DEMO = QUICK | {"dim": 10, "epochs": 8, "words": 4000}


@pytest.fixture(scope="module")
def vectors():
    return read_vectors(demo.VECTORS)


@pytest.fixture(scope="module")
def some_requests(requests):
    """A part of the training texts of the demo, every class alike."""
    texts, labels = requests["train"]
    return texts[::4], labels[::4]


def test_learns_the_demo_in_a_pipeline(vectors, requests):
    loud = FunctionTransformer(lambda texts: [text.upper() for text in texts])
    pipeline = make_pipeline(loud, Classifier(vectors, **DEMO))
    pipeline.fit(*requests["train"])
    assert pipeline.score(*requests["test"]) > 0.5  # 10 classes
    assert pipeline.predict_proba(["is there any thunder coming"]).shape == (1, 10)


def test_its_settings_are_searched(vectors, some_requests):
    search = GridSearchCV(Classifier(vectors, **DEMO), {"dim": [1, 10]}, cv=2, scoring="f1_macro")
    search.fit(*some_requests)
    assert search.best_params_ == {"dim": 10}
    assert search.predict(["turn the heating up"]).shape == (1,)


@pytest.mark.parametrize("container", ["list", "pandas", "polars"])
def test_is_cross_validated(container, vectors, some_requests):
    make = list if container == "list" else pytest.importorskip(container, reason=f"needs {container}").Series
    texts, labels = map(make, some_requests)
    scores = cross_val_score(Classifier(vectors, **DEMO), texts, labels, cv=3)
    assert len(scores) == 3 and scores.min() > 0.2  # 10 classes


def test_is_calibrated(vectors, some_requests):
    calibrated = CalibratedClassifierCV(Classifier(vectors, **DEMO), cv=2).fit(*some_requests)
    probabilities = calibrated.predict_proba(some_requests[0])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    assert np.mean(calibrated.predict(some_requests[0]) == some_requests[1]) > 0.5


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_runs_in_the_workers_of_joblib_with_the_same_result(backend, vectors, some_requests):
    classifier = Classifier(vectors, **DEMO)
    alone = cross_val_predict(classifier, *some_requests, cv=2, method="predict_proba")
    with joblib.parallel_backend(backend):
        shared = cross_val_predict(classifier, *some_requests, cv=2, method="predict_proba", n_jobs=2)
    np.testing.assert_array_equal(shared, alone)


class OnNumbers(Classifier):
    """The classifier for the checks of scikit-learn, which have tables of numbers and leave out a classifier of texts.

    A row becomes a text, with a word for each column and the size of its number. What the checks demand of tables is
    done here, by validate_data: a classifier of texts has no n_features_in_, and takes no table. All else is inherited.
    """

    def fit(self, X, y):
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        return super().fit(_texts(validate_data(self, X)), y)

    def predict(self, X):
        return super().predict(self._as_texts(X))

    def predict_proba(self, X):
        return super().predict_proba(self._as_texts(X))

    def _as_texts(self, X):
        check_is_fitted(self)
        return _texts(validate_data(self, X, reset=False))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.string, tags.input_tags.one_d_array = True, False, False
        return tags


def _texts(table):
    sizes = np.clip(np.rint(table), -9, 9).astype(int)
    return [" ".join(f"c{column % 10}s{size + 9}" for column, size in enumerate(row)) for row in sizes]


WORDS = [f"c{column}s{size}" for column in range(10) for size in range(19)]
VALUES = np.random.default_rng(0).normal(size=(len(WORDS), 16))
CHECKED = QUICK | {"epochs": 30, "rate": 0.02, "word_dropout": 0}


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore:invalid value encountered in cast")
def test_passes_all_checks_of_scikit_learn_on_numbers_as_words():
    results = estimator_checks.check_estimator(OnNumbers((WORDS, VALUES), **CHECKED), on_fail=None, on_skip=None)
    assert [f"{r['check_name']}: {r['exception']}" for r in results if r["status"] == "failed"] == []
    assert len([r for r in results if r["status"] == "passed"]) > 50


@pytest.mark.filterwarnings("ignore:Can't test estimator")
def test_checks_of_the_classifier_itself_pass_as_far_as_they_take_texts(vectors):
    results = estimator_checks.check_estimator(Classifier(vectors, **QUICK), on_skip=None)
    assert {r["status"] for r in results} == {"passed"}
