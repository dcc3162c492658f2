"""The estimator: the same weights as the command line, inputs of every kind, classes of every type."""

import json

import numpy as np
import pytest

import embdistill
from api_helpers import QUICK
from conftest import put
from embdistill import demo
from embdistill.api import read_vectors
from embdistill.errors import UserError
from embdistill.model.config import Config
from training_helpers import RELATIONS, SENTENCES

pytest.importorskip("sklearn", reason="embdistill.Classifier needs scikit-learn")

Classifier = embdistill.Classifier


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
    texts, labels = (values[::5] for values in requests["train"])
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
    for given in (vocab, ["Dark", "word7 bright", "missing"], np.array(["Dark", "word7 bright", "missing"])):
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
