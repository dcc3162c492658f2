"""Images that are sound, damaged, newer, or in a buffer of any kind."""

import math
import mmap
import struct

import pytest

import embdistill
import naive.edm
from embdistill import FormatError
from embdistill.export.edm import edm_bytes
from embdistill.model.edm import EdmModel
from model_helpers import HARD, NETWORKS, random_model


def test_every_tenth_byte_altered_or_cut_off(tmp_path):
    image = edm_bytes(random_model(NETWORKS["relations cnn"]), "int8")
    path = tmp_path / "model.edm"
    for at in range(0, len(image), 10):
        altered = bytearray(image)
        altered[at] ^= 0x20
        for content in (altered, image[:at], image + image[: at + 1]):
            with pytest.raises(FormatError):
                EdmModel(content)
        path.write_bytes(altered)
        with pytest.raises(FormatError, match="^" + str(path)):
            embdistill.load(path)


def test_a_newer_version_is_named(tmp_path):
    image = bytearray(edm_bytes(random_model(NETWORKS["mean"]), "float32"))
    image[8] = 4
    (tmp_path / "new.edm").write_bytes(image)
    with pytest.raises(FormatError, match=r"new\.edm: .* unknown version; update embdistill"):
        embdistill.load(tmp_path / "new.edm")


def test_images_in_any_buffer(tmp_path):
    image = edm_bytes(random_model(NETWORKS["cnn"]), "float32")
    expected = EdmModel(image).predict_logits(HARD).tobytes()
    (tmp_path / "model.edm").write_bytes(image)
    with open(tmp_path / "model.edm", "rb") as file:
        mapped = EdmModel(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    assert mapped.predict_logits(HARD).tobytes() == expected
    for offset in range(5):
        at_offset = memoryview(b"x" * offset + image)[offset:]
        assert EdmModel(at_offset).predict_logits(HARD).tobytes() == expected
    changing = bytearray(image)
    edm = EdmModel(changing)
    changing[:] = bytes(len(image))  # a buffer that can be written is copied
    assert edm.predict_logits(HARD).tobytes() == expected
    with pytest.raises(TypeError):
        EdmModel("text")


def test_an_unknown_section_is_passed_over():
    image = edm_bytes(random_model(NETWORKS["mean"]), "float32")
    more = EdmModel(naive.edm.with_section(image, b"NEWS", b"12345"))
    assert more.sections["NEWS"] == 5
    assert more.predict_logits(HARD).tobytes() == EdmModel(image).predict_logits(HARD).tobytes()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_values_and_units_that_are_not_finite_are_refused(dtype, value):
    image = edm_bytes(random_model(NETWORKS["relations lstm"]), dtype)
    for name in ("TABL", "POS1", "MAPW", "MAPB", "RECB", "OUTW", "OUTB"):
        section = bytearray(naive.edm.sections(image)[name])
        is_float = struct.unpack_from("<I", section)[0] == 0
        at = len(section) - 4 if is_float else 12  # the last value, or the unit
        section[at : at + 4] = struct.pack("<f", value)
        with pytest.raises(FormatError):
            EdmModel(naive.edm.with_section(image, name.encode(), bytes(section)))
