"""How far int8 values are from those that they stand for."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import naive.edm
from embdistill.export.matrices import LARGEST_4, int4_matrix, quantise, quantise_to_4_bits, unit_of

FLOATS = st.floats(-(2.0**100), 2.0**100, width=32)


@given(arrays(np.float32, array_shapes(min_dims=2, max_dims=2, max_side=6), elements=FLOATS), st.integers(0, 1))
def test_the_bound_of_int8(values, axis):
    integers, scales, unit = quantise(values, axis)
    steps = np.expand_dims(scales * np.float64(unit), 1 - axis)
    in_c = integers * np.expand_dims(scales.astype(np.float32) * unit, 1 - axis)
    error = np.abs(in_c - values.astype(np.float64))
    assert np.all(error <= 0.501 * steps + 1e-6 * np.abs(values))
    largest = np.abs(values).max(axis=1 - axis, keepdims=True)
    assert np.all(steps <= largest / 127 + 1.001 * unit)
    assert np.all(scales >= 1) and np.isfinite(unit) and unit > 0


@given(arrays(np.float32, array_shapes(min_dims=2, max_dims=2, max_side=6), elements=FLOATS))
def test_int4_is_read_back_and_no_worse_than_a_scale_by_the_largest_value(values):
    unit = unit_of(np.abs(values).max(), LARGEST_4)
    integers, scales = quantise_to_4_bits(values, unit)
    assert np.all(scales >= 1) and np.all(integers % 16 == 0)
    found, its_scales = naive.edm.integers(int4_matrix(integers, scales, unit))
    assert np.array_equal(found, integers) and np.array_equal(its_scales, scales)
    error = np.abs(integers * scales[:, None].astype(np.float64) * unit - values)
    largest = np.abs(values).max(axis=1, keepdims=True).astype(np.float64)
    bound = (largest / 7 + 16 * np.float64(unit)) / 2  # half a step, whose scale is rounded
    assert np.all(np.square(error).sum(axis=1) <= 1.001 * np.square(bound[:, 0]) * values.shape[1])
