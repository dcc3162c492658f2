"""Texts with words that are not in the vocabulary, in C and as the plain model reads them."""

import struct

import numpy as np
import pytest

import embdistill
import naive.edm
from embdistill import FormatError
from embdistill.data.tokenizer import Tokenizer
from embdistill.model.edm import EdmModel
from model_helpers import CLOSE, NETWORKS, made_for
from open_words_helpers import TEXTS, OpenModel, subwords_section

CLOSE = CLOSE | {"rtol": 2e-5}  # vectors of long words are large
KINDS = {"both": (True, True), "correct": (True, False), "subwords": (False, True)}


@pytest.fixture(scope="module", params=NETWORKS)
def made(request):
    return OpenModel(NETWORKS[request.param])


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize(("correct", "subwords"), KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("mode", ["english", "whitespace"])
def test_texts_in_both(network, correct, subwords, mode):
    tokenizer = Tokenizer(mode, lowercase=mode == "english")
    made = OpenModel(NETWORKS[network], correct=correct, subwords=subwords, tokenizer=tokenizer)
    edm, texts = EdmModel(made.image), made_for(made.model, TEXTS)
    np.testing.assert_allclose(edm.predict_logits(texts), made.logits(texts), **CLOSE)
    assert edm.logits_and_known(texts)[1] == made.model.logits_and_known(texts)[1]  # words of the vocabulary only


@pytest.mark.parametrize(("correct", "subwords"), [(False, False), (True, False), (False, True)])
def test_what_is_switched_off_is_as_if_the_image_did_not_have_it(made, tmp_path, correct, subwords):
    texts = made_for(made.model, TEXTS)
    without = made.image
    if not correct:
        without = naive.edm.without_section(without, b"CORR")
    if not subwords:
        without = naive.edm.without_section(without, b"SUBW")
    expected = EdmModel(without).predict_logits(texts)
    switched = EdmModel(made.image, correct=correct, subwords=subwords)
    assert switched.predict_logits(texts).tobytes() == expected.tobytes()
    (tmp_path / "model.edm").write_bytes(made.image)
    loaded = embdistill.load(tmp_path / "model.edm", correct=correct, subwords=subwords)
    assert loaded.predict_logits(texts).tobytes() == expected.tobytes()
    on = EdmModel(made.image).predict_logits(texts)
    assert (np.abs(on - expected).max(axis=1) > 0.01).sum() >= 5


def test_precomputed_words_beside_others(made):
    texts = made_for(made.model, TEXTS)
    logits = [EdmModel(made.image, precompute=words).predict_logits(texts) for words in (0, 3, 10**9)]
    np.testing.assert_allclose(logits[1], logits[0], **CLOSE)
    np.testing.assert_allclose(logits[2], logits[0], **CLOSE)


def test_how_a_word_is_read():
    made = OpenModel(NETWORKS["mean"])
    edm = EdmModel(made.image)
    assert edm.find("lamp") > 0 and edm.find("lammp") == 0
    assert edm.correct("musci") == edm.find("music") and edm.correct("zzzz") == 0
    settings = edm._settings
    assert (settings["correct"], settings["buckets"]) == (1, 50)
    assert (settings["shortest_ngram"], settings["longest_ngram"]) == (3, 6)
    off = EdmModel(made.image, correct=False, subwords=False)
    assert off.correct("musci") == 0 and off._settings["correct"] == off._settings["buckets"] == 0
    plain = EdmModel(naive.edm.without_section(naive.edm.without_section(made.image, b"CORR"), b"SUBW"))
    assert plain.correct("musci") == 0 and plain._settings["correct"] == plain._settings["buckets"] == 0


def test_an_older_image_has_no_such_sections():
    made = OpenModel(NETWORKS["cnn"])
    older = naive.edm.sealed(made.image[:8] + struct.pack("<I", 1) + made.image[12:])
    expected = EdmModel(made.image, correct=False, subwords=False).predict_logits(TEXTS)
    assert EdmModel(older).predict_logits(TEXTS).tobytes() == expected.tobytes()


ROWS = np.ones((5, 7), np.float32)
SOUND = subwords_section(ROWS)


@pytest.mark.parametrize(
    "section",
    [
        b"",
        SOUND[:7],
        SOUND[:8],
        SOUND[:-4],
        SOUND + b"\0",
        subwords_section(ROWS, "int8")[:-1],
        subwords_section(ROWS, shortest=0),
        subwords_section(ROWS, shortest=7),
        subwords_section(ROWS, longest=17),
        subwords_section(ROWS[:, :6]),  # not of the width of the table
        subwords_section(np.ones((5, 8), np.float32)),
        SOUND[:12] + struct.pack("<I", 0) + SOUND[16:24],  # no buckets
        SOUND[:12] + struct.pack("<I", 6) + SOUND[16:],  # more than there are
        SOUND[:12] + struct.pack("<I", 2**30) + SOUND[16:],
        SOUND[:-4] + struct.pack("<f", float("nan")),
    ],
)
def test_buckets_that_are_not_sound(section):
    image = OpenModel(NETWORKS["cnn"]).image
    EdmModel(naive.edm.with_section(image, b"SUBW", SOUND))
    with pytest.raises(FormatError):
        EdmModel(naive.edm.with_section(image, b"SUBW", section))


def test_corrections_that_do_not_fit_the_words():
    image = OpenModel(NETWORKS["cnn"]).image
    section = naive.edm.sections(image)["CORR"]
    for altered in (b"", section[:-1], section + b"\0", struct.pack("<I", 2) + section[4:]):
        with pytest.raises(FormatError):
            EdmModel(naive.edm.with_section(image, b"CORR", altered))
