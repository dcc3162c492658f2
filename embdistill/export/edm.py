"""Models as .edm images (docs/edm.md), which the C runtime reads in place."""

import json
import struct
import zlib

import numpy as np

from embdistill.data.tokenizer import MODES
from embdistill.data.vocabulary import UNKNOWN
from embdistill.errors import UserError
from embdistill.export.matrices import float_matrix, int8_matrix
from embdistill.model.classifier import Model
from embdistill.model.edm import MAGIC
from embdistill.model.metrics import headline
from embdistill.model.networks.inputs import ENTITIES
from embdistill.model.words import word_sections

HEADER, ENTRY, ALIGNMENT = 24, 16, 16
MAX_WIDTHS = 8
DTYPES = ("float32", "int8")
COMMON = 10_000  # most words that are listed for precomputing
# Sections that are stored as int8 if that is asked for: the axis of their scales, 0 a row, 1 a column.
SCALES = {"TABL": 0, "POS1": 0, "POS2": 0, "MAPW": 1, "RECF": 1, "RECB": 1, "OUTW": 0, "SUBW": 0}


def edm_bytes(model: Model, dtype: str = "float32", common: int = COMMON) -> bytes:
    """The image of a model.

    dtype: of the table and of the weights; biases are always float32. common: how many of the most frequent words are
    listed, for which a program can precompute the first layer: the unknown word and the first of the vocabulary.
    UserError for a model that the format cannot hold.
    """
    if dtype not in DTYPES:
        raise UserError(f"--dtype {dtype}: must be {' or '.join(DTYPES)}")
    arrays = {"table": model.table, **model.values}
    if model.subwords:
        arrays["subwords"] = model.subwords.buckets
    for name, value in arrays.items():
        if not np.isfinite(value).all():
            raise UserError(f"{name} of the model has values that are not finite; train it again")
    words, order = word_sections(model.vocabulary, model.correction)
    rows = np.concatenate([[UNKNOWN], order + 1])  # of the model's table, in the order of the image's
    sections = {
        "META": json.dumps(_about(model, dtype), ensure_ascii=False, separators=(",", ":")).encode(),
        "LABL": _labels(model.labels),
        "TOKN": struct.pack("<2I", MODES.index(model.tokenizer.mode), model.tokenizer.lowercase),
        "WORD": words.pop("WORD"),
        "TABL": _matrix("TABL", model.table[rows], dtype),
        **words,
        **_subwords(model.subwords, dtype),
        **_network(model, dtype),
        "COMN": np.argsort(rows)[:common].astype("<u4").tobytes(),
    }
    return _image(sections)


def without_common(image: bytes) -> bytes:
    """A sound image without its list of frequent words, which a C project has no use for."""
    _, _, count, _ = struct.unpack_from("<4I", image, len(MAGIC))
    entries = [struct.unpack_from("<4s3I", image, HEADER + ENTRY * i) for i in range(count)]
    sections = {name.decode(): image[start : start + size] for name, start, size, _ in entries}
    return _image(sections | {"COMN": b""})


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
    """The sections of the network: its settings and its weights."""
    network, values = model.network, model.values
    hidden, max_pooling, widths = network.edm_settings()
    if len(widths) > MAX_WIDTHS:
        raise UserError(f"the model has filters of {len(widths)} widths, and an .edm file holds at most {MAX_WIDTHS}")
    positions = {f"POS{i}": values[f"position{i}.table"] for i in ENTITIES if model.relations}
    output = {"OUTW": values["output.weight"], "OUTB": values["output.bias"][None]}
    return {
        **{name: _matrix(name, table, dtype) for name, table in positions.items()},
        "NETW": struct.pack(f"<{4 + len(widths)}I", network.edm_code, hidden, max_pooling, len(widths), *widths),
        **{name: _matrix(name, value, dtype) for name, value in {**network.edm_weights(values), **output}.items()},
    }


def _subwords(subwords, dtype):
    """The section of subwords, if there are any."""
    if not subwords:
        return {}
    lengths = struct.pack("<2I", subwords.shortest, subwords.longest)
    return {"SUBW": lengths + _matrix("SUBW", subwords.buckets, dtype)}


def _matrix(name, values, dtype):
    return int8_matrix(values, SCALES[name]) if dtype == "int8" and name in SCALES else float_matrix(values)


def _image(sections):
    """Header, table of sections and the sections, each at a multiple of ALIGNMENT.

    Version 1 has none for words that the table lacks, and programs that know only that version read it.
    """
    version = 2 if sections.keys() & {"CORR", "SUBW"} else 1
    end = HEADER + ENTRY * len(sections)
    if end + sum(len(content) + ALIGNMENT for content in sections.values()) >= 2**32:
        raise UserError("the image would have more than 4 GiB; use fewer words")
    body, table = b"", b""
    for name, content in sections.items():
        padding = -end % ALIGNMENT
        table += name.encode() + struct.pack("<3I", end + padding, len(content), zlib.crc32(content))
        body += bytes(padding) + content
        end += padding + len(content)
    header = MAGIC + struct.pack("<3I", version, end, len(sections))
    return header + struct.pack("<I", zlib.crc32(header + table)) + table + body
