"""The sections of an int8 or int4 image: a model in whole numbers (docs/edm.md).

Source: Jacob et al. 2018, "Quantization and training of neural networks for efficient integer-arithmetic-only
inference", sections 2.1 to 2.4; but inputs and features have 16 bits, and the largest feature is a bound: what the
words of the table can give, not what some texts gave. So no text of such words is clipped.
"""

import math
import struct

import numpy as np

from embdistill.errors import UserError
from embdistill.export.matrices import (
    LARGEST,
    LARGEST_4,
    STEPS,
    int4_matrix,
    int8_matrix,
    integer_matrix,
    pair_matrix,
    quantise,
    quantise_to_4_bits,
    scales_of,
    unit_of,
)

LARGEST_INPUT = 128 * STEPS  # of an int8 value times its scale
LARGEST_WEIGHT = 128
SUM, BIAS = 2**30, 2**29  # the most that products and biases come to, of the 2**31 that a sum holds
GATE = 2.0**-12  # step of the gates of `lstm` before their activations, of 16 bits: -8 to 8
FEATURE_BITS = 15
MULTIPLIER_BITS = 23  # so that the product of a sum, a scale and a multiplier fits 64 bits
MOST_SHIFT = 62
MOST_RATIO = 20  # bits; with a larger factor there would be no shift
LEAST_LOGIT, MOST_LOGIT = 2.0**-100, 2.0**64  # of the step of a logit, so that no logit is infinite
POSITIONS = ("POS1", "POS2")  # small, and so int8 always
AT_ONCE = 4096  # rows of the table that are bounded at once, which bounds the memory
TINY = float(np.finfo(np.float32).tiny)


def integer_sections(network, values, tables: dict[str, np.ndarray], dtype: str) -> dict[str, bytes]:
    """The sections of an image that hold numbers, by name.

    values: the weights of a network, by their names, which become int8. tables: TABL (V, d), POS1 and POS2 (2m + 1, p),
    SUBW (K, d), as far as the model has them, which share a unit. dtype: of TABL and SUBW, int8 or int4. UserError for
    numbers too far apart for one scale.
    """
    weights = {name: value.astype(np.float64) for name, value in network.edm_weights(values).items()}
    widths, outputs = network.edm_settings()[2] or (1,), values["output.weight"].T.astype(np.float64)
    unit = unit_of(max(np.abs(table).max() for table in tables.values()), LARGEST if dtype == "int8" else LARGEST_4)
    shift = _bits_above(LARGEST_INPUT * LARGEST_WEIGHT * len(weights["MAPW"]) * max(widths), SUM)
    step = float(unit) * 2**shift  # of an input
    bits = FEATURE_BITS - _bits_above(2**FEATURE_BITS * LARGEST_WEIGHT * len(outputs), SUM)
    vectors = {name: _vectors(table, unit, "int8" if name in POSITIONS else dtype) for name, table in tables.items()}
    sections, tables = ({name: made[i] for name, made in vectors.items()} for i in range(2))
    if "RECF" in weights:
        feature, ratios, made = _recurrent(weights, step, bits)
    else:
        feature, ratios, made = _filtered(weights, _filters(weights["MAPB"].size, widths), tables, step, bits)
    logit, output = _output(outputs, values["output.bias"].astype(np.float64), feature)
    (multiplier, down), (again, again_down) = ratios
    settings = struct.pack("<6If", shift, multiplier, down, again, again_down, bits, logit)
    return {**sections, **made, **output, "INTS": settings}


def _vectors(table, unit, dtype):
    """The section of a table (n, d), and the table (n, d) float32 that it stands for."""
    if dtype == "int4":
        integers, scales = quantise_to_4_bits(table, unit)
        section = int4_matrix(integers, scales, unit)
    else:
        integers, scales, _ = quantise(table, 0, unit)
        section = int8_matrix(integers, scales, unit)
    return section, integers * (scales[:, None] * unit)


def _recurrent(weights, step, bits):
    """`lstm`: the step of a feature, the ratios, and the sections of its weights. step: of an input."""
    feature, recurrent = 2.0**-bits, np.hstack([weights["RECF"], weights["RECB"]])
    scales, each = scales_of(np.abs(weights["MAPW"]).max(axis=0))
    again, again_each = scales_of(np.abs(recurrent).max(axis=0))
    sections = {
        "MAPW": pair_matrix(weights["MAPW"], scales, scales, each),
        "MAPB": integer_matrix(np.clip(np.rint(weights["MAPB"][0] / GATE), -SUM, SUM)),
    }
    for name, half in zip(("RECF", "RECB"), np.split(again, 2), strict=True):
        sections[name] = pair_matrix(weights[name], half, half, again_each)
    return feature, [_ratio(float(each) * step / GATE), _ratio(float(again_each) * feature / GATE)], sections


def _filtered(weights, filters, tables, step, bits):
    """`mean` and `cnn`: as _recurrent. filters (M,): the filter of each column of MAPW."""
    first, bias = weights["MAPW"], weights["MAPB"][0]
    largest = np.zeros(len(bias))
    np.maximum.at(largest, filters, np.abs(first).max(axis=0))
    scales, each = scales_of(np.maximum(largest, LARGEST * np.abs(bias) / (BIAS * step)))
    sum_step = float(each) * step  # of a sum, times the scale of its filter
    feature = max((_bounds(first, tables, filters) + bias).max(), TINY) / (2**bits - 1)
    feature = max(feature, sum_step / 2**MOST_RATIO)
    sections = {
        "MAPW": pair_matrix(first, scales[filters], scales, each),
        "MAPB": integer_matrix(np.rint(bias / (scales * sum_step))),
    }
    return feature, [_ratio(sum_step / feature), (0, 0)], sections


def _output(weight, bias, feature):
    """The step of a logit, and the sections of the output layer. weight (F, C), bias (C,); feature: the step of one."""
    scales, each = scales_of(np.maximum(np.abs(weight).max(axis=0), LARGEST * np.abs(bias) / (BIAS * feature)))
    logit = np.float32(float(each) * feature)
    if not LEAST_LOGIT < logit < MOST_LOGIT:
        largest = np.abs(weight).max()
        raise UserError(f"the weights are as large as {largest:.3g}, too far from 1 for whole numbers; use float32")
    sections = {
        "OUTW": pair_matrix(weight, scales, scales, each),
        "OUTB": integer_matrix(np.rint(bias / (scales * float(logit)))),
    }
    return logit, sections


def _bits_above(most, limit):
    """How many bits a number has more than a limit; 0 if it is below."""
    return max(0, math.ceil(math.log2(most / limit)))


def _filters(count, widths):
    """The filter (M,) of each column of the first map: `count` filters in all, as many of each width."""
    each = count // len(widths)
    return np.concatenate([np.tile(np.arange(k * each, (k + 1) * each), width) for k, width in enumerate(widths)])


def _bounds(first, tables, filters):
    """The most (F,) that each filter gives a text of any words of the table, without its bias."""
    largest, row = np.zeros(first.shape[1]), 0
    for name, table in tables.items():
        if name == "SUBW":
            continue
        part, row = first[row : row + table.shape[1]], row + table.shape[1]
        largest += np.maximum(
            0, np.max([(table[at : at + AT_ONCE] @ part).max(axis=0) for at in range(0, len(table), AT_ONCE)], axis=0)
        )
    return np.bincount(filters, largest)


def _ratio(factor):
    """A factor as (multiplier, shift): multiplier / 2^shift. UserError for one that is too large.

    One that is too small becomes the least that there is: nothing is left of its products anyway.
    """
    fraction, exponent = math.frexp(factor)
    shift = MULTIPLIER_BITS - exponent
    if shift < 1:
        problem = f"the weights differ by a factor of {factor:.3g} in size"
        raise UserError(f"{problem}, too much for whole numbers; use float32")
    return max(1, round(math.ldexp(fraction, MULTIPLIER_BITS - max(0, shift - MOST_SHIFT)))), min(shift, MOST_SHIFT)
