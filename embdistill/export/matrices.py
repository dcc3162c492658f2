"""Matrices of an .edm image: float32, int8 or int4 with a scale for each row, and those of the arithmetic in whole
numbers."""

import struct

import numpy as np

FLOAT32, INT8, PAIRS, INT32, INT4 = range(5)
LARGEST = 127  # of an int8 value
STEP_4 = 16  # of int8 values that have 4 bits, from -128 to LARGEST_4
LARGEST_4 = 7 * STEP_4
CLIPPED = np.linspace(0.5, 1, 21)  # of the largest magnitude of a row: where its values may be clipped
STEPS = 255  # of a scale: scales are whole multiples, 1 to 255, of one unit


def float_matrix(values: np.ndarray) -> bytes:
    """The bytes of a matrix (rows, columns) as float32."""
    return _header(FLOAT32, values.shape, 0) + np.ascontiguousarray(values, "<f4").tobytes()


def int8_matrix(integers: np.ndarray, scales: np.ndarray, unit: np.float32) -> bytes:
    """The bytes of a matrix (rows, columns) of int8 with scales (rows,) uint8."""
    return _header(INT8, integers.shape, unit) + integers.tobytes() + scales.tobytes()


def int4_matrix(integers: np.ndarray, scales: np.ndarray, unit: np.float32) -> bytes:
    """The bytes of a matrix (rows, columns) of multiples of 16, int8, as int4 with scales (rows,) uint8.

    A byte has a value of the first half of a row in its low half, and one of the second half in its high half, which
    is 0 beyond an odd last one.
    """
    half = -(-integers.shape[1] // 2)
    low, high = np.zeros((2, len(integers), half), np.uint8)
    low[:] = integers[:, :half].view(np.uint8) >> 4
    high[:, : integers.shape[1] - half] = integers[:, half:].view(np.uint8)
    return _header(INT4, integers.shape, unit) + (low | high).tobytes() + scales.tobytes()


def pair_matrix(values: np.ndarray, column_scales: np.ndarray, scales: np.ndarray, unit: np.float32) -> bytes:
    """The bytes of weights (rows, columns) as int8, in blocks of two rows and two columns, with zeros beyond an odd
    last one.

    column_scales: (columns,) uint8, of each column; scales: those that are stored, one for each bias.
    """
    rows, columns = values.shape
    padded = np.zeros((rows + rows % 2, columns + columns % 2), np.int8)
    padded[:rows, :columns] = _integers(values, column_scales * np.float64(unit))
    blocks = padded.reshape(len(padded) // 2, 2, -1, 2).transpose(0, 2, 1, 3)
    return _header(PAIRS, values.shape, unit) + np.ascontiguousarray(blocks).tobytes() + scales.tobytes()


def integer_matrix(values: np.ndarray) -> bytes:
    """The bytes of a matrix (1, n) of whole numbers (n,), as int32."""
    return _header(INT32, (1, len(values)), 0) + values.astype("<i4").tobytes()


def quantise(
    values: np.ndarray, axis: int, unit: np.float32 | None = None
) -> tuple[np.ndarray, np.ndarray, np.float32]:
    """Integers (rows, columns) int8, scales (rows,) or (columns,) uint8, and the unit float32 of the scales.

    A value is about integer * scale * unit: within half a scale * unit, and for each row or column
    scale * unit < largest magnitude / 127 + unit, where unit = largest magnitude of all / (127 * 255).
    """
    scales, unit = scales_of(np.abs(values).max(axis=1 - axis), unit)
    return _integers(values, np.expand_dims(scales * np.float64(unit), 1 - axis)), scales, unit


def quantise_to_4_bits(values: np.ndarray, unit: np.float32) -> tuple[np.ndarray, np.ndarray]:
    """Integers (rows, columns) int8, multiples of 16, and scales (rows,) uint8.

    A value is about integer * scale * unit. The scale of a row is the one of CLIPPED with the least squared error.
    """
    values = values.astype(np.float64) / np.float64(unit)
    largest = np.abs(values).max(axis=1)
    integers, scales = np.zeros(values.shape, np.int8), np.ones(len(values), np.uint8)
    least = np.full(len(values), np.inf)
    for part in CLIPPED:
        tried = np.clip(np.rint(part * largest / LARGEST_4), 1, STEPS)
        found = np.clip(np.rint(values / (STEP_4 * tried[:, None])), -8, 7) * STEP_4
        error = np.square(found * tried[:, None] - values).sum(axis=1)
        better = error < least
        integers[better], scales[better], least[better] = found[better], tried[better], error[better]
    return integers, scales


def scales_of(largest: np.ndarray, unit: np.float32 | None = None) -> tuple[np.ndarray, np.float32]:
    """The scales (n,) uint8 of rows or columns with these largest magnitudes (n,), and their unit."""
    unit = unit_of(largest.max()) if unit is None else unit
    scales = np.ceil(largest.astype(np.float64) / (LARGEST * np.float64(unit)))
    return np.clip(scales, 1, STEPS).astype(np.uint8), unit


def unit_of(largest: float, integer: int = LARGEST) -> np.float32:
    """The unit of scales for values of at most this magnitude, which `integer` times the largest scale stands for."""
    return np.float32(max(float(largest) / (integer * STEPS), np.finfo(np.float32).tiny))


def _integers(values, steps):
    return np.clip(np.rint(values / steps), -LARGEST, LARGEST).astype(np.int8)


def _header(dtype, shape, unit):
    return struct.pack("<3If", dtype, *shape, unit)
