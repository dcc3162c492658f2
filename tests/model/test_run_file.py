"""Run files: a model comes back as it was, and what does not fit together is refused."""

import json
from dataclasses import replace

import h5py
import numpy as np
import pytest

from conftest import files_in, put
from embdistill import load
from embdistill.data.tokenizer import Tokenizer
from embdistill.data.vocabulary import Vocabulary
from embdistill.errors import UserError
from embdistill.model.networks.mean import Mean
from embdistill.model.run_file import save_run
from embdistill.storage.hdf5 import schema_of
from hdf5_helpers import as_group, edited, refused, replaced, without
from open_words_helpers import TEXTS as OPEN_TEXTS
from open_words_helpers import WORDS as OPEN_WORDS
from open_words_helpers import open_model

LARGE_DIM = 8  # of few_vectors
TEXTS = [b"turn the lamp on", "play a song", "", "nothing known here", b"\xff\xfe", "the\n"]


@pytest.fixture
def model(small_model):
    return small_model()


def _assert_same_model(loaded, model):
    assert loaded.labels == model.labels
    assert loaded.tokenizer == model.tokenizer
    assert loaded.vocabulary.words == model.vocabulary.words
    assert loaded.vocabulary.index == model.vocabulary.index
    assert loaded.network == model.network and type(loaded.network) is type(model.network)
    assert loaded.about == model.about
    assert loaded.values.keys() == model.values.keys()
    for name, value in {**model.values, "table": model.table}.items():
        back = loaded.table if name == "table" else loaded.values[name]
        assert back.dtype == np.float32 and back.shape == value.shape and back.tobytes() == value.tobytes(), name


@pytest.mark.parametrize("network", ["mean", "cnn", "lstm"])
@pytest.mark.parametrize("method", ["large", "direct", "encode"])
def test_a_run_comes_back_exactly(small_model, tmp_path, method, network):
    model = small_model(method, network)
    path = tmp_path / "run.h5"
    save_run(path, model)
    loaded = load(path)
    _assert_same_model(loaded, model)
    assert loaded.digest() == model.digest()
    assert loaded.predict_proba(TEXTS).tobytes() == model.predict_proba(TEXTS).tobytes()
    assert schema_of(path) == "run"


@pytest.mark.parametrize("network", ["mean", "cnn"])
def test_a_run_file_of_schema_1_predicts_as_ever(small_model, tmp_path, network):
    """Schema 1 had the taps of a cnn as (taps, H, d), and networks without positions."""
    model = small_model("encode", network)
    save_run(tmp_path / "new.h5", model)

    def change(file):
        file.attrs["schema_version"] = 1
        settings = json.loads(file["network"].attrs["settings"])
        file["network"].attrs["settings"] = json.dumps({k: v for k, v in settings.items() if "position" not in k})
        if network == "cnn":
            weight = file["network/conv.weight"][()]
            replaced("network/conv.weight", weight.reshape(sum(model.network.widths), -1, model.network.dim))(file)
            assert file["network/conv.weight"].shape == (12, 5, 4)

    path = edited(tmp_path, (tmp_path / "new.h5").read_bytes(), change)
    _assert_same_model(load(path), model)
    assert load(path).predict_proba(TEXTS).tobytes() == model.predict_proba(TEXTS).tobytes()


def test_a_run_comes_back_with_every_kind_of_name(model, tmp_path):
    words = ["naïve", ". . .", "日本", "\u0085", "a\u2028b", "", "\r", "\t", *model.vocabulary.words[9:]]
    special = replace(
        model,
        labels=["très bon", " spaced  "],
        vocabulary=Vocabulary(words),
        tokenizer=Tokenizer("whitespace", False),
        about={"note": 'ü "quoted"\n', "list": [1, 2.5, None, True], "path": "\udcff"},
    )
    path = tmp_path / "run.h5"
    save_run(path, special)
    _assert_same_model(load(path), special)


def test_a_label_with_a_line_end_is_refused_and_nothing_is_written(model, tmp_path):
    with pytest.raises(UserError, match="line end"):
        save_run(tmp_path / "run.h5", replace(model, labels=["two\nlines", "one"]))
    assert files_in(tmp_path) == {}


def _dimensions(path):
    """Every dimension of every dataset of a file."""
    found = set()
    with h5py.File(path) as file:
        file.visititems(lambda _, item: found.update(item.shape) if isinstance(item, h5py.Dataset) else None)
    return found


@pytest.mark.parametrize("network", ["mean", "cnn", "lstm"])
def test_nothing_of_the_size_of_the_large_vectors_is_saved(small_model, tmp_path, network):
    path = tmp_path / "run.h5"
    save_run(path, small_model("encode", network))
    dimensions = _dimensions(path)
    assert {4, len(small_model("encode", network).vocabulary)} <= dimensions
    assert LARGE_DIM not in dimensions
    save_run(path, small_model("large", network))  # which keeps them: so the size would be seen
    assert LARGE_DIM in _dimensions(path)


def test_a_run_that_cannot_be_stored_leaves_everything_as_it_was(model, tmp_path):
    path = put(tmp_path, b"as it was")
    with pytest.raises(TypeError):
        save_run(path, replace(model, about={"set": {1}}))
    assert files_in(tmp_path) == {"file": b"as it was"}


@pytest.mark.parametrize("correct", [True, False])
@pytest.mark.parametrize("subwords", [True, False])
def test_what_reads_other_words_comes_back(tmp_path, correct, subwords):
    model = open_model(Mean(7, 3, 9), correct=correct, subwords=subwords)
    save_run(tmp_path / "run.h5", model)
    loaded = load(tmp_path / "run.h5")
    _assert_same_model(loaded, model)
    assert loaded.digest() == model.digest()
    assert loaded.predict_proba(OPEN_TEXTS).tobytes() == model.predict_proba(OPEN_TEXTS).tobytes()
    if correct:
        for name in ("letters", "shortest", "longest", "least_class"):
            assert getattr(loaded.correction, name) == getattr(model.correction, name)
    assert (loaded.subwords is None) == (not subwords) and (loaded.correction is None) == (not correct)


def test_spellings_come_back(tmp_path):
    model = open_model(Mean(7, 3, 9))
    spelt = replace(model, correction=replace(model.correction, spellings=["kitchens", "музыке"]))
    save_run(tmp_path / "run.h5", spelt)
    loaded = load(tmp_path / "run.h5")
    assert loaded.correction.spellings == ["kitchens", "музыке"] and loaded.digest() == spelt.digest() != model.digest()


def test_words_that_training_had_without_a_vector_come_back(tmp_path):
    model = replace(open_model(Mean(7, 3, 9)), unknown_words=["atm", "музыке"])
    save_run(tmp_path / "run.h5", model)
    assert load(tmp_path / "run.h5").unknown_words == ["atm", "музыке"]
    save_run(tmp_path / "none.h5", open_model(Mean(7, 3, 9)))
    assert load(tmp_path / "none.h5").unknown_words == []


def test_digests_tell_what_reads_other_words(model):
    models = [open_model(Mean(7, 3, 9), correct=c, subwords=s) for c in (True, False) for s in (True, False)]
    assert len({found.digest() for found in models}) == 4


def test_digests_tell_how_other_words_are_read():
    """Not only by what: words of other lengths are corrected, or have other n-grams."""
    model = open_model(Mean(7, 3, 9))
    others = [
        *(replace(model, correction=replace(model.correction, **limit)) for limit in LIMITS),
        *(replace(model, subwords=replace(model.subwords, **limit)) for limit in LIMITS[:2]),
    ]
    assert len({found.digest() for found in [model, *others]}) == 6


LIMITS = ({"shortest": 5}, {"longest": 5}, {"least_class": 2})


# ---- runs that are not sound ----


def _one_row_more(name):
    return lambda file: replaced(name, np.concatenate([file[name][()], file[name][-1:]]))(file)


def _one_row_less(name):
    return lambda file: replaced(name, file[name][:-1])(file)


def _transposed(name):
    return lambda file: replaced(name, file[name][()].T.copy())(file)


def _flat(name):
    return lambda file: replaced(name, file[name][()].ravel())(file)


def _double(name):
    return lambda file: replaced(name, file[name][()].astype(np.float64))(file)


def _not_finite(name, value):
    def change(file):
        values = file[name][()]
        values.flat[-1] = value
        replaced(name, values)(file)

    return change


def _settings(**values):
    def change(file):
        attributes = file["network"].attrs
        attributes["settings"] = json.dumps({**json.loads(attributes["settings"]), **values})

    return change


WEIGHTS = ["table", "network/conv.weight", "network/conv.bias", "network/output.weight", "network/output.bias"]
MATRICES = ["table", "network/conv.weight", "network/output.weight"]
MISFITS = {
    **{f"{name} with a row more": _one_row_more(name) for name in WEIGHTS},
    **{f"{name} with a row less": _one_row_less(name) for name in WEIGHTS},
    **{f"{name} in float64": _double(name) for name in WEIGHTS},
    **{f"{name} in another order": _transposed(name) for name in MATRICES},
    **{f"{name} flat": _flat(name) for name in MATRICES},
    **{f"{name} left out": without(name) for name in WEIGHTS},
    **{f"{name} with {value}": _not_finite(name, value) for name in WEIGHTS for value in (np.nan, -np.inf)},
    "a weight that is not known": lambda file: file.__setitem__("network/more", np.zeros(3, np.float32)),
    "one label": replaced("labels", np.frombuffer(b"light\n", np.uint8)),
    "three labels": replaced("labels", np.frombuffer(b"light\nmusic\nmore\n", np.uint8)),
    "few words": replaced("vocabulary", np.frombuffer(b"the\na\n", np.uint8)),
    "other dim": _settings(dim=5),
    "other filters": _settings(filters=6),
    "other classes": _settings(classes=3),
    "other widths": _settings(widths=[3, 4]),
    "widths in words": _settings(widths="345"),
    "widths not whole": _settings(widths=[3.5, 4, 4.5]),
    "dim in words": _settings(dim="4"),
    "a setting that is not known": _settings(depth=1),
}


@pytest.mark.parametrize("misfit", MISFITS)
def test_weights_that_do_not_fit_together_are_refused(run_bytes, tmp_path, misfit):
    refused(load, edited(tmp_path, run_bytes, MISFITS[misfit]))


@pytest.mark.parametrize("widths", [[13, 0, -1], [12, 0, 0], [20, -4, -4]])
def test_filter_widths_below_one_are_refused(run_bytes, tmp_path, widths):
    """Their sum is as it was, so every shape fits; but the widest filter would read past the taps there are."""
    assert sum(widths) == 12
    refused(load, edited(tmp_path, run_bytes, _settings(widths=widths)))


def _attribute(name, value, place="/"):
    return lambda file: file[place].attrs.__setitem__(name, value)


def _first_word(word):
    """Another first word, or (None) the second one a second time."""

    def change(file):
        words = file["vocabulary"][()].tobytes().decode().split("\n")
        words[0] = words[1] if word is None else word
        replaced("vocabulary", np.frombuffer("\n".join(words).encode(), np.uint8))(file)

    return change


UNSOUND_RUNS = {
    "no schema": lambda file: file.attrs.__delitem__("schema"),
    "no version": lambda file: file.attrs.__delitem__("schema_version"),
    "version in words": _attribute("schema_version", "one"),
    "unknown network": _attribute("name", "rnn", "network"),
    "no network name": lambda file: file["network"].attrs.__delitem__("name"),
    "network settings no JSON": _attribute("settings", "{", "network"),
    "network settings a list": _attribute("settings", "[1]", "network"),
    "tokenizer no JSON": _attribute("tokenizer", "{"),
    "tokenizer a list": _attribute("tokenizer", "[]"),
    "tokenizer with a setting that is not known": _attribute("tokenizer", '{"stem": true}'),
    "about no JSON": replaced("about", "{"),
    "about a number": replaced("about", 5),
    "about with NaN": replaced("about", '{"note": NaN}'),
    "about without end": replaced("about", "[" * 100_000),
    "history of numbers": replaced("about", '{"history": [1]}'),
    "an input without path": replaced("about", '{"inputs": [{"role": "data", "sha256": ""}]}'),
    "accuracy in words": replaced("about", '{"record": {"dev": {"accuracy": "90"}}}'),
    "accuracy infinite": replaced("about", '{"record": {"dev": {"accuracy": 1e999}}}'),
    "a method without UTF-8": replaced("about", r'{"record": {"method": "\udcff"}}'),
    "a layout with an option that is not known": replaced("about", '{"layout": {"path": "x"}}'),
    "a layout with an odd header": replaced("about", '{"layout": {"header": "x"}}'),
    "config without seed": replaced("about", '{"config": {}}'),
    "labels not UTF-8": replaced("labels", np.frombuffer(b"li\xffht\nmusic\n", np.uint8)),
    "a word twice": _first_word(None),
    "<unk> among the words": _first_word("<unk>"),
    **{f"{name} a group": as_group(name) for name in ["labels", "vocabulary", "table", "about", "network/conv.bias"]},
    "network a dataset": replaced("network", np.zeros(3, np.float32)),
    **{f"{name} left out": without(name) for name in ["labels", "vocabulary", "about", "network"]},
}


@pytest.mark.parametrize("fault", UNSOUND_RUNS)
def test_run_files_that_do_not_hold_what_they_should_are_refused(run_bytes, tmp_path, fault):
    refused(load, edited(tmp_path, run_bytes, UNSOUND_RUNS[fault]))


OPEN = {  # datasets of groups that only some runs have
    "subwords/buckets": np.zeros((5, 7), np.float32),
    "subwords/limits": np.array([3, 6], np.uint32),
    "correction/letters": np.array([97, 98], np.uint32),
    "correction/classes": np.zeros(len(OPEN_WORDS) + 1, np.uint8),
    "correction/limits": np.array([4, 24, 1], np.uint32),
}
UNSOUND_OPEN = {
    **{f"{name} left out": without(name) for name in OPEN},
    **{f"{name} in float64": replaced(name, value.astype(np.float64)) for name, value in OPEN.items()},
    **{f"{name} of another shape": replaced(name, value[..., None]) for name, value in OPEN.items()},
    "no bucket": replaced("subwords/buckets", np.zeros((0, 7), np.float32)),
    "buckets of another dim": replaced("subwords/buckets", np.zeros((5, 6), np.float32)),
    "a bucket with NaN": replaced("subwords/buckets", np.full((5, 7), np.nan, np.float32)),
    "n-grams of no character": replaced("subwords/limits", np.array([0, 6], np.uint32)),
    "n-grams of 17 characters": replaced("subwords/limits", np.array([3, 17], np.uint32)),
    "n-grams longer than the longest": replaced("subwords/limits", np.array([6, 3], np.uint32)),
    "letters that fall": replaced("correction/letters", np.array([98, 97], np.uint32)),
    "a letter that is a surrogate": replaced("correction/letters", np.array([0xD800], np.uint32)),
    "a letter beyond Unicode": replaced("correction/letters", np.array([0x110000], np.uint32)),
    "65 letters": replaced("correction/letters", np.arange(97, 97 + 65, dtype=np.uint32)),
    "classes of fewer words": replaced("correction/classes", np.zeros(3, np.uint8)),
    "a class of five bits": replaced("correction/classes", np.full(len(OPEN_WORDS) + 1, 16, np.uint8)),
    "words of no letter": replaced("correction/limits", np.array([0, 24, 1], np.uint32)),
    "words longer than the longest": replaced("correction/limits", np.array([9, 8, 1], np.uint32)),
    "spellings not UTF-8": lambda file: file.__setitem__("correction/spellings", np.frombuffer(b"\xff\n", np.uint8)),
    "subwords a dataset": replaced("subwords", np.zeros(3, np.float32)),
    "correction a text": replaced("correction", "abc"),
}


@pytest.fixture(scope="module")
def open_bytes(tmp_path_factory):
    path = tmp_path_factory.mktemp("open") / "run.h5"
    save_run(path, open_model(Mean(7, 3, 9), OPEN_WORDS))
    return path.read_bytes()


@pytest.mark.parametrize("fault", UNSOUND_OPEN)
def test_what_reads_other_words_is_refused_unless_it_is_sound(open_bytes, tmp_path, fault):
    refused(load, edited(tmp_path, open_bytes, UNSOUND_OPEN[fault]))


@pytest.mark.parametrize("name", OPEN)
def test_what_reads_other_words_may_have_other_values(open_bytes, tmp_path, name):
    """So that those above are refused for their faults."""
    load(edited(tmp_path, open_bytes, replaced(name, OPEN[name]))).predict(OPEN_TEXTS)
