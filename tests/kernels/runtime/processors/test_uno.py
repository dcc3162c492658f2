"""The ATmega328P of an Arduino Uno: 32 KB of flash that is no part of memory, 2 KB of RAM, integers of 16 bits."""

from importlib.resources import files

import numpy as np
import pytest

from c_helpers import needed
from embdistill.data.tokenizer import Tokenizer
from embdistill.export.c import write_c
from embdistill.export.edm import edm_bytes
from embdistill.model.edm import EdmModel
from embdistill.model.networks.mean import Mean
from model_helpers import NETWORKS, random_model
from open_words_helpers import OpenModel
from processors.programs import count_opening, run
from processors.targets import BOARDS, UNO, UNO_FLASH, UNO_RAM
from processors.tools import ToolError

DEMO = files("embdistill.demo")
NETWORK = Mean(dim=9, classes=6, hidden=15)
SIZES = dict(tokens=40, text_bytes=160)
ASKED = [line.encode() for line in (DEMO / "test.txt").read_text("utf-8").splitlines()[:40]]
HARD = [
    b"",
    b" \t\0 ",
    b"zzz",
    b"x" * 160,
    b"a " * 40,
    b"``TURN'' it's o'clock 1,000.50 10:30 u.s. can't ... -- ?!",
    b"\x7f\x01lamp",
]
ACCENTS = "café über den straße".encode()


@pytest.fixture(scope="module", autouse=True)
def tools():
    for tool in BOARDS[UNO].tools:
        needed(tool, BOARDS[UNO].packages)


def words_of(count):
    """The words of the demo's training texts, with some that are not ASCII."""
    texts = (DEMO / "train.txt").read_text("utf-8").splitlines()
    words = dict.fromkeys(word for text in [ACCENTS.decode(), *texts] for word in Tokenizer()(text))
    return list(words)[:count]


@pytest.fixture(scope="module")
def image():
    return edm_bytes(random_model(NETWORK, words_of(700)), "int8", common=0)


def project(folder, image):
    write_c(folder, image)
    return folder


def assert_same(answers, image, texts):
    """The bits of the logits are those of Python."""
    labels, logits = zip(*answers, strict=True)
    model = EdmModel(image)
    assert np.asarray(logits, np.float32).tobytes() == model.predict_logits(texts).tobytes()
    assert list(labels) == model.predict(texts)


@pytest.mark.parametrize("dtype", ["int8", "int4"])
def test_the_same_bits_within_the_memory_of_the_board(tmp_path, dtype):
    image, texts = edm_bytes(random_model(NETWORK, words_of(700)), dtype, common=0), [*ASKED, *HARD, ACCENTS]
    done = run(project(tmp_path, image), texts, UNO, **SIZES)
    assert_same(done.answers, image, texts)
    assert done.flash <= UNO_FLASH and done.ram <= UNO_RAM
    assert done.heap == done.soft_floats == []
    assert done.parts["model"] == len(image) + 2 and sum(done.parts.values()) == done.flash


def test_corrections_and_ngrams(tmp_path):
    image = OpenModel(NETWORK, words_of(250), "int8", buckets=64).image
    texts = [*ASKED[:10], *HARD, b"lihgt kitchn lampss qzxv"]
    done = run(project(tmp_path, image), texts, UNO, **SIZES)
    assert_same(done.answers, image, texts)
    assert done.ram <= UNO_RAM


def test_text_that_is_not_ascii(image, tmp_path):
    """Letters without capitals: docs/microcontroller.md."""
    texts = [ACCENTS, "CAFÉ".encode(), "‘lamp’".encode(), b"caf\xe9", b"\xff\xfe\xc3"]
    known, *others = [logits for _, logits in run(project(tmp_path, image), texts, UNO, **SIZES).answers]
    model = EdmModel(image)
    assert np.asarray(known, np.float32).tobytes() == model.predict_logits([ACCENTS]).tobytes()
    unknown = model.predict_logits(["zzz"])[0].tobytes()
    assert [np.asarray(logits, np.float32).tobytes() for logits in others] == [unknown] * len(others)


def test_texts_too_long_for_the_buffers_are_refused_and_the_next_is_answered(image, tmp_path):
    texts = [b"lamp " * 60, b"a " * 41, b"x" * 5000, b"play a song", b"a " * 40]
    answers = run(project(tmp_path, image), texts, UNO, **SIZES).answers
    assert [isinstance(answer, str) and "too small" in answer for answer in answers] == [1, 1, 1, 0, 0]
    assert_same(answers[3:], image, texts[3:])


def test_a_program_that_does_not_fit_is_not_linked(image, tmp_path):
    done = run(project(tmp_path, image), ASKED[:1], UNO, **SIZES)
    with pytest.raises(ToolError, match="text"):
        run(tmp_path, ASKED[:1], UNO, flash=done.flash - 2, **SIZES)
    with pytest.raises(ToolError, match="RAM"):
        run(tmp_path, ASKED[:1], UNO, ram=done.ram - 1, **SIZES)


@pytest.mark.parametrize("change", [-1, 1])
def test_an_image_of_another_size_is_refused(image, tmp_path, change):
    source = project(tmp_path, image) / "model_data.c"
    source.write_text(source.read_text().replace(f"= {len(image)};", f"= {len(image) + change};"))
    with pytest.raises(ToolError, match="cut off, or longer than it says"):
        run(tmp_path, ASKED[:1], UNO, **SIZES)


def test_a_damaged_image_is_refused_where_it_is_checked(tmp_path):
    image = edm_bytes(random_model(NETWORK, words_of(50)), "int8", common=0)
    checked, trusted = count_opening(project(tmp_path / "sound", image), UNO)
    assert 0 < trusted < checked < 200 * len(image)
    with pytest.raises(ToolError):
        count_opening(project(tmp_path / "damaged", image[:-1] + bytes([image[-1] ^ 1])), UNO)


@pytest.mark.parametrize(("network", "dtype"), [("mean", "float32"), ("cnn", "int8"), ("lstm", "int8")])
def test_other_models_are_refused_when_they_are_compiled(tmp_path, network, dtype):
    with pytest.raises(ToolError, match="AVR takes int8 and int4 models of the network mean"):
        run(project(tmp_path, edm_bytes(random_model(NETWORKS[network]), dtype)), ASKED[:1], UNO, **SIZES)
