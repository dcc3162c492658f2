"""Matrices of an .edm image: float32 as they are, or int8 with a scale for each row or column."""

import struct

import numpy as np

FLOAT32, INT8 = 0, 1
LARGEST = 127  # of an int8 value
STEPS = 255  # of a scale: scales are whole multiples, 1 to 255, of one unit


def float_matrix(values: np.ndarray) -> bytes:
    """The bytes of a matrix (rows, columns) as float32."""
    return _header(FLOAT32, values, 0) + np.ascontiguousarray(values, "<f4").tobytes()


def int8_matrix(values: np.ndarray, axis: int) -> bytes:
    """The bytes of a matrix (rows, columns) as int8 with a scale for each index of `axis`: 0 a row, 1 a column."""
    integers, scales, unit = quantise(values, axis)
    return _header(INT8, values, unit) + np.ascontiguousarray(integers).tobytes() + scales.tobytes()


def quantise(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray, np.float32]:
    """Integers (rows, columns) int8, scales (rows,) or (columns,) uint8, and the unit float32 of the scales.

    A value is about integer * scale * unit: within half a scale * unit, and for each row or column
    scale * unit < largest magnitude / 127 + unit, where unit = largest magnitude of all / (127 * 255).
    """
    largest = np.abs(values).max(axis=1 - axis).astype(np.float64)
    unit = np.float32(max(largest.max() / (LARGEST * STEPS), np.finfo(np.float32).tiny))
    scales = np.clip(np.ceil(largest / (LARGEST * np.float64(unit))), 1, STEPS).astype(np.uint8)
    steps = np.expand_dims(scales * np.float64(unit), 1 - axis)
    return np.clip(np.rint(values / steps), -LARGEST, LARGEST).astype(np.int8), scales, unit


def _header(dtype, values, unit):
    return struct.pack("<3If", dtype, *values.shape, unit)
