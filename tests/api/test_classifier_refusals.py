"""What the estimator refuses, and where it says the mistake is."""

import numpy as np
import pytest

import embdistill
from api_helpers import QUICK
from embdistill.errors import UserError

pytest.importorskip("sklearn", reason="embdistill.Classifier needs scikit-learn")
from sklearn.exceptions import NotFittedError

Classifier = embdistill.Classifier


NAN = float("nan")


@pytest.mark.parametrize(
    "texts, classes, message",
    [
        (["a lamp", None], [0, 1], r"^texts\[1\]: None, not a text; make it a str, or remove it$"),
        (["a lamp", NAN, 3], [0, 1, 0], r"^texts\[1\]: nan, not a text \(and 1 more are none\); "),
        (["a lamp", "light", 7], [0, 1, 0], r"^texts\[2\]: 7 of type int, not a text; "),
        (["a lamp", b"light"], [0, 1], r"^texts\[1\]: b'light' of type bytes, not a text; "),
        ("a lamp", [0], r"^texts: 'a lamp' of type str, where a list, an array or a series is needed; "),
        (3, [0], r"^texts: 3 of type int, where a list"),
        (np.array([["a"], ["lamp"]]), [0, 1], r"^texts: of shape \(2, 1\), where one column is needed; "),
        (["a lamp", "light"], [0], r"^texts: 2 texts and 1 labels; give a label for each text$"),
        ([], [], r"^texts: no text in it; give labelled texts$"),
        (["a lamp", "light"], [0, None], r"^y\[1\]: None, not a class; fill it in, or remove it with its text$"),
        (["a lamp", "light"], [NAN, 1.0], r"^y\[0\]: nan, not a class; "),
        (["a lamp", "light"], [0, "b"], r"^y: classes of several types \(number, str\); give all the same$"),
        (["a lamp", "light"], [True, 2], r"^y: classes of several types \(number, truth value\); "),
        (["a lamp", "light"], None, r"^y: None, where a list, an array or a series is needed"),
        (["a lamp", "light"], ["on", "a\tb"], r"^labels\[1\]: the label 'a\\tb' has a tab"),
        (["a lamp", "light"], [1, 1], r"^texts: only one class, '1'; a classifier needs examples of two or more$"),
        (["a lamp", "light"], [0, 1], r"^too few training examples to hold out a dev part.*or dev FILE$"),
    ],
)
def test_bad_texts_and_classes_are_refused_with_their_position(texts, classes, message, few_vectors):
    with pytest.raises(UserError, match=message):
        Classifier(few_vectors, **QUICK).fit(texts, classes)


def test_missing_values_of_pandas_are_refused_with_their_position(few_vectors):
    pandas = pytest.importorskip("pandas", reason="needs pandas")
    with pytest.raises(UserError, match=r"^y\[1\]: .*, not a class; "):
        Classifier(few_vectors, **QUICK).fit(["a lamp", "light"], pandas.Series(["on", None]))
    texts = pandas.Series(["a lamp", None, pandas.NA], dtype="string")
    with pytest.raises(UserError, match=r"^texts\[1\]: .*, not a text \(and 1 more are none\); "):
        Classifier(few_vectors, **QUICK).fit(texts, [0, 1, 0])
    with pytest.raises(UserError, match=r"^texts: of shape \(2, 1\), where one column is needed; "):
        Classifier(few_vectors, **QUICK).fit(pandas.DataFrame({"text": ["a lamp", "light"]}), [0, 1])


@pytest.mark.parametrize(
    "vectors, message",
    [
        (None, r"^vectors is missing; "),
        ({}, r"^vectors: no words in it; "),
        (np.ones((60, 8)), r"^vectors: ndarray, which has no words; give a path, a dict"),
        (3, r"^vectors: int, which has no words; "),
        ((["a", "lamp"], np.ones((3, 8))), r"^vectors: 2 words and values of shape \(3, 8\) and type float64; "),
        ({"a": [1.0, 2.0], "lamp": [1.0]}, r"^vectors: vectors of different lengths "),
        ({"a": ["x"], "lamp": ["y"]}, r"^vectors: 2 words and values of shape \(2, 1\) and type <U1; "),
        ({1: [1.0], 2: [2.0]}, r"^vectors: word 0 is 1 of type int; words must be str$"),
        ({"lamp": [1.0, NAN], "song": [1.0, 2.0]}, r"^vectors: a value of 'lamp' is NaN, infinite or too large; "),
        ({"x": [1.0, 2.0]}, r"^vectors: has no word of the corpus "),
        ("missing.txt", r"^missing.txt: cannot be read "),
    ],
    ids=lambda value: str(value)[:20],
)
def test_bad_vectors_are_refused(vectors, message, texts_and_labels):
    with pytest.raises(UserError, match=message):
        Classifier(vectors, **QUICK).fit(*texts_and_labels)


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"dim": 0}, r"^dim 0: must be at least 1, and below 2\^31$"),
        (
            {"class_weights": "balance"},
            r"^class_weights balance: must be one of none, balanced; did you mean balanced\?$",
        ),
        ({"method": "encoed"}, r"^method encoed: 'encoed' is none of "),
        ({"dev": 1}, r"^dev 1: must be a share between 0 and 1, or labelled texts$"),
        ({"dev": 0.99}, r"^too few training examples"),
        ({"dev": ["a"]}, r"^dev: list; give a path, or a pair \(texts, labels\)$"),
        ({"dev": (["a lamp"], ["other"])}, r"^dev\[0\]: class 'other' is not in texts; "),
        ({"threads": 10**6}, r"^threads 1000000: must be from 1 to "),
    ],
    ids=str,
)
def test_bad_settings_are_refused_by_their_names_in_python(settings, message, texts_and_labels, few_vectors):
    with pytest.raises(UserError, match=message):
        Classifier(few_vectors, **QUICK | settings).fit(*texts_and_labels)


@pytest.mark.parametrize("use", ["predict", "predict_proba", "save", "export"])
def test_refuses_to_work_before_fit(use, few_vectors):
    with pytest.raises(NotFittedError):
        getattr(Classifier(few_vectors), use)(["a lamp"])


def test_bad_texts_are_refused_in_predict_too(fitted):
    with pytest.raises(UserError, match=r"^texts\[1\]: None, not a text; "):
        fitted.predict(["a lamp", None])
    with pytest.raises(UserError, match=r"^texts: 'a lamp' of type str, where a list"):
        fitted.predict_proba("a lamp")
    assert fitted.predict([]).shape == (0,)
    assert fitted.predict_proba([]).shape == (0, 2)
