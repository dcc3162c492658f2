"""Models as .edm images (docs/edm.md), which the C runtime reads in place."""

import json
import struct
import zlib

import numpy as np

from embdistill.data.tokenizer import MODES
from embdistill.data.vocabulary import UNKNOWN
from embdistill.errors import UserError
from embdistill.export.matrices import float_matrix, int8_matrix
from embdistill.export.word_index import index_words
from embdistill.model.classifier import Model
from embdistill.model.metrics import headline

MAGIC = b"\x89EDM\r\n\x1a\n"
VERSION = 1
HEADER, ENTRY, ALIGNMENT = 24, 16, 16
MOST_WIDTHS = 8
DTYPES = ("float32", "int8")
COMMON = 10_000  # rows that a runtime may fold, at most
NETWORKS = ("mean", "cnn", "lstm")  # in the order of their numbers
# Network: the name of its first map among the weights, and the field that is H.
PARTS = {"mean": ("hidden", "hidden"), "cnn": ("conv", "filters"), "lstm": ("lstm", "units")}


def edm_bytes(model: Model, dtype: str = "float32", common: int = COMMON) -> bytes:
    """The image of a model.

    dtype: of the table and of the weights; biases are always float32. common: how many of the commonest words are
    listed, so that a runtime can fold them: the unknown word and those that come first in the vocabulary.
    UserError for a model that the format cannot hold.
    """
    if dtype not in DTYPES:
        raise UserError(f"--dtype {dtype}: must be {' or '.join(DTYPES)}")
    for name, value in {"table": model.table, **model.values}.items():
        if not np.isfinite(value).all():
            raise UserError(f"{name} of the model has values that are not finite; train it again")
    index, order = index_words(model.vocabulary.words[1:])
    rows = np.concatenate([[UNKNOWN], order + 1])  # of the model's table, in the order of the image's
    sections = {
        "META": json.dumps(_about(model, dtype), ensure_ascii=False, separators=(",", ":")).encode(),
        "LABL": _labels(model.labels),
        "TOKN": struct.pack("<2I", MODES.index(model.tokenizer.mode), model.tokenizer.lowercase),
        "WORD": index,
        "TABL": _matrix(model.table[rows], dtype, 0),
        **_network(model, dtype),
        "COMN": np.argsort(rows)[:common].astype("<u4").tobytes(),
    }
    return _image(sections)


def _about(model, dtype):
    record = model.about.get("record", {})
    scores = {split: round(headline(record[split]), 2) for split in ("dev", "test") if record.get(split)}
    return {
        **{name: record[name] for name in ("method", "network", "dim", "seed") if name in record},
        "dtype": dtype,
        **scores,
        "format": model.about.get("format"),
        "weights_sha256": model.digest(),
    }


def _labels(labels):
    for label in labels:
        if "\0" in label:
            raise UserError(f"class {label!r} has a NUL in it, which an .edm file cannot hold; rename it")
    return "".join(label + "\0" for label in labels).encode()


def _network(model, dtype):
    """The sections of the network and its weights; maps are transposed, so that a program adds up whole rows."""
    name, values = type(model.network).__name__.lower(), model.values
    first, sized = PARTS[name]
    widths = getattr(model.network, "widths", ())
    if len(widths) > MOST_WIDTHS:
        raise UserError(f"the model has filters of {len(widths)} widths, and an .edm file holds at most {MOST_WIDTHS}")
    pooling = int(getattr(model.network, "pooling", "last") == "max")
    numbers = (NETWORKS.index(name), getattr(model.network, sized), pooling, len(widths), *widths)
    weights, sections = [values[f"{first}.weight"]], {}
    if model.relations:
        weights += [values[f"{first}.position1"], values[f"{first}.position2"]]
        sections |= {f"POS{i}": _matrix(values[f"position{i}.table"], dtype, 0) for i in (1, 2)}
    sections["NETW"] = struct.pack(f"<{len(numbers)}I", *numbers)
    sections["MAPW"] = _matrix(np.hstack(weights).T, dtype, 1)
    sections["MAPB"] = float_matrix(values[f"{first}.bias"][None])
    if name == "lstm":
        forward, backward = values["lstm.recurrent"]
        sections |= {"RECF": _matrix(forward.T, dtype, 1), "RECB": _matrix(backward.T, dtype, 1)}
    sections["OUTW"] = _matrix(values["output.weight"], dtype, 0)
    sections["OUTB"] = float_matrix(values["output.bias"][None])
    return sections


def _matrix(values, dtype, axis):
    return float_matrix(values) if dtype == "float32" else int8_matrix(values, axis)


def _image(sections):
    """Header, table of sections and the sections, each at a multiple of ALIGNMENT."""
    end = HEADER + ENTRY * len(sections)
    if end + sum(len(content) + ALIGNMENT for content in sections.values()) >= 2**32:
        raise UserError("the image would have more than 4 GiB; use fewer words")
    body, table = b"", b""
    for name, content in sections.items():
        padding = -end % ALIGNMENT
        table += name.encode() + struct.pack("<3I", end + padding, len(content), zlib.crc32(content))
        body += bytes(padding) + content
        end += padding + len(content)
    header = MAGIC + struct.pack("<3I", VERSION, end, len(sections))
    return header + struct.pack("<I", zlib.crc32(header + table)) + table + body
