"""The C functions that read vectors as text."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from embdistill.data.vectors import _text_rows

# Rounding is decided at the middle of two float32 next to each other.
MIDDLES = st.floats(2.0**-70, 2.0**70, width=32).map(lambda x: (x + float(np.nextafter(np.float32(x), np.inf))) / 2)
DECIMALS = st.one_of(
    st.floats(width=32).map(str),
    st.floats().map(repr),
    st.builds("{:.{}f}".format, st.floats(-9, 9), st.integers(0, 30)),
    st.builds("{:.{}e}".format, MIDDLES, st.integers(5, 30)),
    st.builds(np.nextafter, MIDDLES, st.sampled_from([-np.inf, np.inf])).map(lambda x: repr(float(x))),
    st.builds("{}{}.{}".format, st.sampled_from(["", "-", "+"]), st.integers(0), st.integers(0)),
    st.builds("{}e{}".format, st.integers(), st.integers(-60, 60)),
    st.text("0123456789.eE+-_ \t\r\0nainf", max_size=12),
)


@given(st.lists(DECIMALS, min_size=1, max_size=4))
@example(["9007199254740993", "9007199254740993e-22", "18446744073709551615"])
@example(["3.4028235e38", "1e-45", "-0", "1e23", ".5", "5.", "1_0", "1e", "."])
def test_numbers_are_those_of_numpy_to_the_bit_or_left_to_it(fields):
    vector = np.full(len(fields), 7, np.float32)
    line = " ".join(["word", *fields]).encode()
    if _text_rows.parse(line, 5, vector):
        values = line.split()[1:]
        assert len(values) == len(fields)
        assert vector.tobytes() == np.array(values, np.float32).tobytes()


@pytest.mark.parametrize("style", ["{:.5g}", "{:.6f}", "{:.4e}", "{:.9g}", "{!r}", "{:.0f}"])
def test_numbers_as_they_are_usually_written_are_not_left_to_numpy(style):
    fields = [style.format(float(x)) for x in np.random.default_rng(4).normal(size=300)]
    vector = np.empty(300, np.float32)
    assert _text_rows.parse(" ".join(fields).encode(), 0, vector)
    assert vector.tobytes() == np.array(fields, np.float32).tobytes()


def test_what_c_is_given_may_be_anything():
    vector = np.empty(2, np.float32)
    for at in (-1, 3, 4):
        assert not _text_rows.parse(b"1 2", at, vector)
    for line in (b"", b"1", b"1 2 ", b"1 2 3", b"1 2\0", b"1\n2"):
        assert not _text_rows.parse(line, 0, vector)
    assert _text_rows.skip(b"a 1\nb 1\nc", 0, 1, {b"x"}) == (2, 8, 0, 8, 9)
    assert _text_rows.skip(b"a 1\nb 1 \r\nc 1", 4, 1, {b"c"}) == (1, 10, 1, 10, 11)
    assert _text_rows.skip(b"a 1", 0, 1, None) == (0, 0, 1, 0, 1)
    assert _text_rows.skip(b"", 0, 1, set()) == (0, 0, 0, 0, 0)
    for lines, at, dim in [(b"a 1", -1, 1), (b"a 1", 4, 1), (b"a 1", 0, 0), (b"a 1", 0, -1)]:
        with pytest.raises(ValueError):
            _text_rows.skip(lines, at, dim, set())
    for lines, dim, wanted in [("a 1", 1, set()), (b"a 1", "1", set())]:
        with pytest.raises(TypeError):
            _text_rows.skip(lines, 0, dim, wanted)
