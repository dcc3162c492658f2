"""The estimator: inputs of every kind, classes of every type, files, and the same weights as the command line."""

import json
import pickle
import subprocess
import sys

import numpy as np
import pytest

import embdistill
from api_helpers import QUICK
from conftest import JIT_DISABLED, put
from embdistill import demo
from embdistill.api import read_vectors
from embdistill.errors import FormatError, UserError
from embdistill.model.config import Config
from training_helpers import RELATIONS, SENTENCES

pytest.importorskip("sklearn", reason="embdistill.Classifier needs scikit-learn")
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

Classifier = embdistill.Classifier


@pytest.fixture(scope="session")
def fitted(texts_and_labels, few_vectors):
    return Classifier(few_vectors, **QUICK).fit(*texts_and_labels)


def test_its_parameters_are_the_settings_with_their_defaults():
    own = {"vectors": None, "dev": 0.1, "vocab": None, "small_vectors": None, "threads": 1, "verbose": False}
    assert Classifier().get_params() == vars(Config()) | own


def test_weights_equal_those_of_the_command_line(few_texts, few_vectors, fitted, tmp_path, command_line):
    options = [f"--{name}={value}" for name, value in QUICK.items()]
    out = tmp_path / "run.h5"
    command_line("train", f"--data={few_texts}", f"--vectors={few_vectors}", f"--out={out}", *options)
    assert embdistill.load(out).digest() == fitted.model_.digest()


@pytest.mark.parametrize("method", ["encode+soft", "encode2+finetune", "large"])
def test_weights_equal_those_of_the_command_line_with_vectors_in_memory(method, requests, tmp_path, command_line):
    out, table = tmp_path / "run.h5", tmp_path / "texts.jsonl"
    texts, labels = (values[:: 20 if JIT_DISABLED else 5] for values in requests["train"])
    pairs = zip(texts, labels, strict=True)
    table.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in pairs))
    settings = QUICK | {"method": method, "words": 300, "subwords": 64, "seed": 3, "encoder_hidden": 16}
    options = [f"--{name}={value}" for name, value in settings.items()]
    command_line("train", f"--data={table}", f"--vectors={demo.VECTORS}", f"--out={out}", *options)
    classifier = Classifier(read_vectors(demo.VECTORS), **settings).fit(texts, labels)
    assert embdistill.load(out).digest() == classifier.model_.digest()


def test_weights_equal_those_of_the_command_line_with_more_words(
    few_texts, few_vectors, texts_and_labels, tmp_path, command_line
):
    vocab, out = put(tmp_path, "Dark word7 bright\nmissing\n", "vocab.txt"), tmp_path / "run.h5"
    options = [f"--{name}={value}" for name, value in QUICK.items()]
    command_line("train", "--data", few_texts, "--vectors", few_vectors, "--vocab", vocab, "--out", out, *options)
    for given in (vocab, ["Dark", "word7 bright", "missing"]):
        classifier = Classifier(few_vectors, vocab=given, **QUICK).fit(*texts_and_labels)
        assert classifier.model_.digest() == embdistill.load(out).digest()
        assert "word7" in classifier.model_.vocabulary.index
        assert "1 of the 4 listed words have no vector and are left out" in classifier.notes_
    with pytest.raises(UserError, match=r"^vocab\[1\]: 3 of type int, not a text; "):
        Classifier(few_vectors, vocab=["dark", 3], **QUICK).fit(*texts_and_labels)


def test_weights_equal_those_of_the_command_line_with_small_vectors(
    few_texts, few_vectors, texts_and_labels, words_and_values, tmp_path, command_line
):
    words, values = words_and_values
    small, out = tmp_path / "small.txt", tmp_path / "run.h5"
    small.write_text(
        "".join(f"{word} {' '.join(map(str, row[:4]))}\n" for word, row in zip(words, values, strict=True))
    )
    settings = QUICK | {"method": "direct", "dim": 4}
    options = [f"--{name}={value}" for name, value in settings.items()]
    given = ["--data", few_texts, "--vectors", few_vectors, "--small-vectors", small, "--out", out]
    command_line("train", *given, *options)
    for theirs in (small, (words, values[:, :4])):
        classifier = Classifier(few_vectors, small_vectors=theirs, **settings).fit(*texts_and_labels)
        assert classifier.model_.digest() == embdistill.load(out).digest()
    with pytest.raises(UserError, match="has 4 numbers a word, and dim is 5; give dim 4"):
        Classifier(few_vectors, small_vectors=small, **settings | {"dim": 5}).fit(*texts_and_labels)


@pytest.mark.parametrize("kind", ["list", "tuple", "array", "objects", "pandas", "polars"])
def test_texts_and_classes_come_in_any_container(kind, texts_and_labels, few_vectors, fitted):
    make = {"list": list, "tuple": tuple, "array": np.array, "objects": lambda of: np.array(of, object)}
    if kind in ("pandas", "polars"):
        make[kind] = pytest.importorskip(kind, reason=f"needs {kind}").Series
    texts, labels = map(make[kind], texts_and_labels)
    classifier = Classifier(few_vectors, **QUICK).fit(texts, labels)
    assert classifier.model_.digest() == fitted.model_.digest()
    assert classifier.predict(texts).tolist() == fitted.predict(texts_and_labels[0]).tolist()


@pytest.mark.parametrize(
    "classes",
    [(10, 2), (True, False), (2.0, -1.0), ("b", "a"), (np.int8(10), np.int8(9)), (np.str_("x"), np.str_("ä"))],
    ids=str,
)
def test_classes_keep_their_type_and_order(classes, texts_and_labels, few_vectors, tmp_path):
    texts, labels = texts_and_labels
    named = dict(zip(("light", "music"), classes, strict=True))
    labels = [named[label] for label in labels]
    classifier = Classifier(few_vectors, **QUICK | {"epochs": 20, "rate": 0.02}).fit(texts, labels)
    assert classifier.classes_.tolist() == sorted(classes)
    assert classifier.classes_.dtype == np.array(classes).dtype
    predicted, probabilities = classifier.predict(texts), classifier.predict_proba(texts)
    assert predicted.dtype == classifier.classes_.dtype
    np.testing.assert_array_equal(predicted, classifier.classes_[probabilities.argmax(axis=1)])
    assert classifier.score(texts, labels) > 0.9
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    classifier.save(tmp_path / "run.h5")
    loaded = Classifier.load(tmp_path / "run.h5")
    assert loaded.classes_.tolist() == classifier.classes_.tolist()
    np.testing.assert_array_equal(loaded.predict_proba(texts), probabilities)
    assert loaded.predict(texts).tolist() == predicted.tolist()


@pytest.mark.filterwarnings("ignore:.*are among the training texts")
def test_the_dev_part_is_a_share_or_labelled_texts(texts_and_labels, few_texts, few_vectors):
    texts, labels = texts_and_labels
    read = [
        Classifier(few_vectors, dev=dev, **QUICK).fit(texts, labels).record_["dev"]["per_class"]
        for dev in (0.1, 0.5, (texts, labels), few_texts)
    ]
    assert [sum(scores["support"] for scores in of.values()) for of in read] == [4, 20, 40, 40]


def test_numbers_may_come_as_objects(texts_and_labels, few_vectors):
    texts, labels = texts_and_labels
    classes = np.array([{"light": 10, "music": 9}[label] for label in labels], object)
    classifier = Classifier(few_vectors, **QUICK).fit(texts, classes)
    assert classifier.classes_.dtype == int and classifier.classes_.tolist() == [9, 10]


def test_explains_a_text(fitted, texts_and_labels):
    text = texts_and_labels[0][0]
    found = fitted.explain(text)
    assert found == fitted.model_.explain(text) and found.label == str(fitted.predict([text])[0])
    other = next(value for value in fitted.classes_.tolist() if str(value) != found.label)
    assert fitted.explain(text, other).label == str(other)
    with pytest.raises(UserError, match=r"^label nothing: not a class of the model"):
        fitted.explain(text, "nothing")


def test_saves_loads_and_exports(fitted, texts_and_labels, tmp_path):
    fitted.save(tmp_path / "run.h5")
    loaded = Classifier.load(tmp_path / "run.h5")
    assert loaded.get_params() == fitted.get_params() | {"vectors": None}
    assert loaded.model_.digest() == fitted.model_.digest()
    size = fitted.export(tmp_path / "model.edm", dtype="int8")
    assert size == (tmp_path / "model.edm").stat().st_size
    assert len(embdistill.load(tmp_path / "model.edm").predict(texts_and_labels[0])) == 40
    assert fitted.export(tmp_path / "project", to="c") > 0
    with pytest.raises(UserError, match=r"^to hex: must be one of edm, c, web, onnx, word2vec$"):
        fitted.export(tmp_path / "x", to="hex")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"notes.txt: is there already, and no run file"):
        fitted.save(tmp_path / "notes.txt")
    with pytest.raises(FormatError):
        Classifier.load(tmp_path / "model.edm")


def test_explains(fitted, texts_and_labels, few_vectors):
    text = texts_and_labels[0][0]
    found = fitted.explain(text)
    assert found == fitted.model_.explain(text) and found.label == fitted.predict([text])[0]
    numbers = [["light", "music"].index(label) for label in texts_and_labels[1]]
    classifier = Classifier(few_vectors, **QUICK).fit(texts_and_labels[0], numbers)
    assert classifier.explain(text, 1).label == "1"
    with pytest.raises(UserError, match=r"^texts\[0\]: None"):
        fitted.explain(None)


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


def test_says_nothing_unless_asked_to(texts_and_labels, few_vectors, capfd):
    classifier = Classifier(few_vectors, **QUICK).fit(*texts_and_labels)
    assert capfd.readouterr() == ("", "")
    assert any("40 texts, 2 classes" in note for note in classifier.notes_)
    Classifier(few_vectors, verbose=True, **QUICK).fit(*texts_and_labels)
    output, errors = capfd.readouterr()
    assert output == "" and "40 texts, 2 classes" in errors and "epoch 2/2" in errors


def test_warns_of_what_is_likely_a_mistake(few_vectors, texts_and_labels):
    texts, labels = texts_and_labels
    with pytest.warns(UserWarning, match=r"1 text without a word: fill them in or remove them"):
        Classifier(few_vectors, **QUICK).fit(["", *texts], ["light", *labels])
    with pytest.warns(UserWarning, match=r"; see class_weights balanced and select macro_f1"):
        Classifier(few_vectors, **QUICK).fit(texts, ["light"] * 38 + ["music"] * 2)


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


@pytest.mark.filterwarnings("ignore:.*texts are repeated")
def test_relations_between_marked_entities_are_learnt(words_and_values):
    texts = [SENTENCES[i % 4] for i in range(24)]
    classes = [RELATIONS[i % 2] for i in range(24)]
    classifier = Classifier(words_and_values, **QUICK | {"network": "cnn", "filters": 4}).fit(texts, classes)
    assert classifier.model_.relations and "official_f1" in classifier.record_["dev"]
    assert classifier.predict(texts[:3]).shape == (3,)
    with pytest.raises(UserError, match=r"^texts\[1\]: .*<e1>"):
        classifier.predict([texts[0], "no entity"])


def test_gensim_vectors_are_read(texts_and_labels, words_and_values, fitted):
    gensim = pytest.importorskip("gensim", reason="needs gensim")
    words, values = words_and_values
    keyed = gensim.models.KeyedVectors(values.shape[1])
    keyed.add_vectors(words, values)
    for vectors in (keyed, (words, values), dict(zip(words, values, strict=True))):
        assert Classifier(vectors, **QUICK).fit(*texts_and_labels).model_.digest() == fitted.model_.digest()


def test_the_package_imports_nothing_heavy_before_it_is_asked_to():
    program = "import sys; before = set(sys.modules); import embdistill; print(sorted(set(sys.modules) - before))"
    imported = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert imported == "['embdistill', 'embdistill.errors']\n"


def test_without_scikit_learn_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r"embdistill.Classifier needs scikit-learn; pip install scikit-learn"):
        _ = embdistill.Classifier
    with pytest.raises(AttributeError, match="module 'embdistill' has no attribute 'Clasifier'"):
        _ = embdistill.Clasifier
    assert "Classifier" in dir(embdistill)
