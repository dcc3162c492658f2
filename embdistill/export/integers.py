"""The sections of an int8 image: a model in whole numbers (docs/edm.md).

Source: Jacob et al. 2018, "Quantization and training of neural networks for efficient integer-arithmetic-only
inference", sections 2.1 to 2.4; but inputs and features have 16 bits, and the largest feature is a bound: what the
words of the table can give, not what some texts gave. So no text of such words is clipped.
"""

import math
import struct

import numpy as np

from embdistill.errors import UserError
from embdistill.export.matrices import LARGEST, STEPS, int8_matrix, integer_matrix, pair_matrix, scales_of, unit_of

LARGEST_INPUT = 128 * STEPS  # of an int8 value times its scale
LARGEST_WEIGHT = 128
SUM, BIAS = 2**30, 2**29  # the most that products and biases come to, of the 2**31 that a sum holds
GATE = 2.0**-12  # step of the gates of `lstm` before their activations, of 16 bits: -8 to 8
FEATURE_BITS = 15
MULTIPLIER_BITS = 23  # so that the product of a sum, a scale and a multiplier fits 64 bits
MOST_SHIFT = 62
MOST_RATIO = 20  # bits; with a larger factor there would be no shift
LEAST_LOGIT, MOST_LOGIT = 2.0**-100, 2.0**64  # of the step of a logit, so that no logit is infinite
AT_ONCE = 4096  # rows of the table that are bounded at once, which bounds the memory
TINY = float(np.finfo(np.float32).tiny)


def integer_sections(network, values, tables: dict[str, np.ndarray]) -> dict[str, bytes]:
    """The sections of an image that hold numbers, by name.

    values: the weights of a network, by their names. tables: TABL (V, d), POS1 and POS2 (2m + 1, p), SUBW (K, d), as
    far as the model has them, which share a unit. UserError for numbers too far apart for one scale.
    """
    weights = network.edm_weights(values)
    first, output = weights["MAPW"].astype(np.float64), values["output.weight"].T.astype(np.float64)
    bias, output_bias = weights["MAPB"][0].astype(np.float64), values["output.bias"].astype(np.float64)
    widths = network.edm_settings()[2] or (1,)
    unit = unit_of(max(np.abs(table).max() for table in tables.values()))
    sections = {name: int8_matrix(table, 0, unit) for name, table in tables.items()}

    shift = _bits_above(LARGEST_INPUT * LARGEST_WEIGHT * len(first) * max(widths), SUM)
    step = float(unit) * 2**shift  # of an input
    bits = FEATURE_BITS - _bits_above(2**FEATURE_BITS * LARGEST_WEIGHT * len(output), SUM)
    if "RECF" in weights:
        feature = 2.0**-bits
        recurrent = np.hstack([weights["RECF"], weights["RECB"]]).astype(np.float64)
        scales, each = scales_of(np.abs(first).max(axis=0))
        again, recurrent_each = scales_of(np.abs(recurrent).max(axis=0))
        sections["MAPW"] = pair_matrix(first, scales, scales, each)
        sections["MAPB"] = integer_matrix(np.clip(np.rint(bias / GATE), -SUM, SUM))
        for name, half in zip(("RECF", "RECB"), np.split(np.arange(len(again)), 2), strict=True):
            sections[name] = pair_matrix(recurrent[:, half], again[half], again[half], recurrent_each)
        ratios = [_ratio(float(each) * step / GATE), _ratio(float(recurrent_each) * feature / GATE)]
    else:
        filters = _filters(len(bias), widths)  # (M,)
        largest = np.zeros(len(bias))
        np.maximum.at(largest, filters, np.abs(first).max(axis=0))
        scales, each = scales_of(np.maximum(largest, LARGEST * np.abs(bias) / (BIAS * step)))
        sections["MAPW"] = pair_matrix(first, scales[filters], scales, each)
        sums = scales * float(each) * step  # of a filter: what 1 is in a sum
        sections["MAPB"] = integer_matrix(np.rint(bias / sums))
        feature = max((_bounds(first, tables, filters) + bias).max(), TINY) / (2**bits - 1)
        feature = max(feature, float(each) * step / 2**MOST_RATIO)
        ratios = [_ratio(float(each) * step / feature), (0, 0)]
    scales, each = scales_of(np.maximum(np.abs(output).max(axis=0), LARGEST * np.abs(output_bias) / (BIAS * feature)))
    logit = np.float32(float(each) * feature)
    if not LEAST_LOGIT < logit < MOST_LOGIT:
        raise UserError(f"the weights are as large as {np.abs(output).max():.3g}, too far from 1 for int8; use float32")
    sections["OUTW"] = pair_matrix(output, scales, scales, each)
    sections["OUTB"] = integer_matrix(np.rint(output_bias / (scales * float(logit))))
    (multiplier, down), (again, again_down) = ratios
    sections["INTS"] = struct.pack("<6If", shift, multiplier, down, again, again_down, bits, logit)
    return sections


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
        raise UserError(f"the weights differ by a factor of {factor:.3g} in size, too much for int8; use float32")
    return max(1, round(math.ldexp(fraction, MULTIPLIER_BITS - max(0, shift - MOST_SHIFT)))), min(shift, MOST_SHIFT)
