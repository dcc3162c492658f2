"""Right words that are not in the index, and so not corrected."""

import struct
from dataclasses import replace

import numpy as np
import pytest

import naive.edm
import naive.spellings
from embdistill import FormatError
from embdistill.kernels.runtime import _runtime
from embdistill.model.correction import correction_of
from embdistill.model.edm import EdmModel
from embdistill.model.word_index import index_words
from model_helpers import NETWORKS
from naive.correction import edits
from open_words_helpers import OpenModel, correction_section, frequency_classes, letters_of

WORDS = "lamp lamps light music kitchen straße улица".split()
RIGHT = ["lamb", "lump", "night", "musik", "улицы", "strafe", "kitchens"]
INDEX, ORDER = index_words(WORDS)
CORRECTION = correction_section([WORDS[i] for i in ORDER], dict.fromkeys(WORDS, 5), letters_of(WORDS))
SEED = struct.unpack_from("<I", INDEX, 4)[0]


@pytest.mark.parametrize("bits", [8, 64, 1000, 2**20])
@pytest.mark.parametrize("probes", [1, 4, 16])
def test_words_in_the_filter_and_others(bits, probes):
    section = naive.spellings.section(RIGHT, SEED, bits, probes)
    plain, spelled = _runtime.Words(INDEX, CORRECTION), _runtime.Words(INDEX, CORRECTION, section)
    near = {edit for word in WORDS for edit in edits(word, ["a", "у"]) if len(edit) >= 4} - set(WORDS)
    held = [word for word in near if naive.spellings.holds(section, word, SEED)]
    for word in [*RIGHT, *near]:
        assert spelled.is_spelling(word) == (word in RIGHT or word in held) and not plain.is_spelling(word)
        assert spelled.correct(word) == (0 if word in held or word in RIGHT else plain.correct(word)), word
    assert all(plain.correct(word) > 0 for word in near)
    assert len(held) < len(near) or bits < 1000  # a small filter holds about every word
    assert all(spelled.find(word) > 0 for word in WORDS)
    assert not any(spelled.is_spelling(word) for word in ["la", "lamp5", "l" * 25])  # corrected in no case


@pytest.mark.parametrize("network", ["mean", "relations lstm"])
def test_in_an_image(network):
    made = OpenModel(NETWORKS[network])
    index = naive.edm.sections(made.image)["WORD"]
    (seed,) = struct.unpack_from("<I", index, 4)
    section = naive.spellings.section(["lammp", "kitchhen"], seed, 4096, 4)
    edm = EdmModel(naive.edm.with_section(made.image, b"SPEL", section))
    before, text = EdmModel(made.image), "turn <e1>the</e1> lammp <e2>off</e2> musci"
    assert before.correct("lammp") > 0 and before.correct("musci") == edm.correct("musci") > 0
    assert edm.correct("lammp") == edm.correct("kitchhen") == 0
    without = EdmModel(made.image, correct=False)
    corrected, spelled, uncorrected = (model.predict_logits([text]).tolist() for model in (before, edm, without))
    assert corrected != spelled != uncorrected != corrected


SOUND = naive.spellings.section(RIGHT, SEED, 64, 4)


@pytest.mark.parametrize(
    "section",
    [
        b"",
        SOUND[:7],
        SOUND[:-1],
        SOUND + b"\0",
        struct.pack("<2I", 0, 4),
        struct.pack("<2I", 63, 4) + SOUND[8:],
        struct.pack("<2I", 2**32 - 8, 4) + SOUND[8:],
        struct.pack("<2I", 64, 0) + SOUND[8:],
        struct.pack("<2I", 64, 17) + SOUND[8:],
    ],
)
def test_filters_that_are_not_sound(section):
    with pytest.raises(ValueError, match=r"^spellings: not a sound section SPEL$"):
        _runtime.Words(INDEX, CORRECTION, section)
    image = OpenModel(NETWORKS["mean"]).image
    EdmModel(naive.edm.with_section(image, b"SPEL", SOUND))
    with pytest.raises(FormatError):
        EdmModel(naive.edm.with_section(image, b"SPEL", section))


def test_a_filter_without_corrections_is_refused():
    with pytest.raises(ValueError, match=r"^spellings: not a sound section SPEL$"):
        _runtime.Words(INDEX, None, SOUND)
    image = naive.edm.without_section(OpenModel(NETWORKS["mean"]).image, b"CORR")
    with pytest.raises(FormatError):
        EdmModel(naive.edm.with_section(image, b"SPEL", SOUND))


def test_the_filter_that_models_write():
    """By embdistill.model.correction, against the naive one."""
    made = OpenModel(NETWORKS["mean"])
    index = naive.edm.sections(made.image)["WORD"]
    (seed,) = struct.unpack_from("<I", index, 4)
    counts = np.array([0, *frequency_classes(made.model.vocabulary.words[1:]).values()])
    correction = replace(correction_of(made.model.vocabulary.words, counts), spellings=RIGHT)
    section = correction.spellings_section(index)
    assert section == naive.spellings.section(RIGHT, seed, 8 * len(RIGHT), 4)
