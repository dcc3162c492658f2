"""The estimator saved, loaded, exported, copied, pickled and explained."""

import pickle

import numpy as np
import pytest

import embdistill
from api_helpers import QUICK
from embdistill.errors import FormatError, UserError

pytest.importorskip("sklearn", reason="embdistill.Classifier needs scikit-learn")
from sklearn import config_context
from sklearn.base import clone

Classifier = embdistill.Classifier


def test_explains_a_text(fitted, texts_and_labels, few_vectors):
    text = texts_and_labels[0][0]
    found = fitted.explain(text)
    assert found == fitted.model_.explain(text) and found.label == str(fitted.predict([text])[0])
    other = next(value for value in fitted.classes_.tolist() if str(value) != found.label)
    assert fitted.explain(text, other).label == str(other)
    with pytest.raises(UserError, match=r"^label nothing: not a class of the model"):
        fitted.explain(text, "nothing")
    with pytest.raises(UserError, match=r"^texts\[0\]: None"):
        fitted.explain(None)
    numbers = [["light", "music"].index(label) for label in texts_and_labels[1]]
    classifier = Classifier(few_vectors, **QUICK).fit(texts_and_labels[0], numbers)
    assert classifier.explain(text, 1).label == "1"


def test_saves_loads_and_exports(fitted, texts_and_labels, tmp_path):
    fitted.save(tmp_path / "run.h5")
    loaded = Classifier.load(tmp_path / "run.h5")
    assert loaded.get_params() == fitted.get_params() | {"vectors": None}
    assert loaded.model_.digest() == fitted.model_.digest()
    size = fitted.export(tmp_path / "model.edm", dtype="int8")
    assert size == (tmp_path / "model.edm").stat().st_size
    assert len(embdistill.load(tmp_path / "model.edm").predict(texts_and_labels[0])) == 40
    assert fitted.export(tmp_path / "project", to="c") > 0
    with pytest.raises(UserError, match=r"^to hex: must be one of edm, c, arduino, zephyr, web, onnx, word2vec$"):
        fitted.export(tmp_path / "x", to="hex")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"notes.txt: is there already, and no run file"):
        fitted.save(tmp_path / "notes.txt")
    with pytest.raises(FormatError):
        Classifier.load(tmp_path / "model.edm")


def test_a_run_of_the_command_line_is_loaded(run_bytes, write):
    loaded = Classifier.load(write(run_bytes, "run.h5"))
    assert loaded.classes_.tolist() == ["light", "music"]
    assert (loaded.dim, loaded.filters) == (4, 5)
    assert loaded.predict(["play that song"]).shape == (1,)
    with pytest.raises(UserError, match="vectors is missing"):
        loaded.fit(["a", "b"], [0, 1])


def test_is_copied_and_pickled(fitted, texts_and_labels, words_and_values):
    copy = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(copy.predict_proba(texts_and_labels[0]), fitted.predict_proba(texts_and_labels[0]))
    other = Classifier(words_and_values, dev=texts_and_labels, **QUICK)
    cloned = clone(other)
    assert cloned.vectors is words_and_values and cloned.dev is texts_and_labels
    assert cloned.get_params() == other.get_params() and not hasattr(cloned, "classes_")
    with config_context(enable_metadata_routing=True):
        other.set_score_request(sample_weight=True)
        assert clone(other).get_metadata_routing().score.requests == {"sample_weight": True}
