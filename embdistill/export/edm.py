"""Models as .edm images (docs/edm.md), which the C runtime reads in place."""

import json
import struct
import zlib

import numpy as np

from embdistill.data.tokenizer import MODES
from embdistill.data.vocabulary import UNKNOWN
from embdistill.errors import UserError
from embdistill.export.integers import integer_sections
from embdistill.export.matrices import float_matrix
from embdistill.model.classifier import Model
from embdistill.model.edm import MAGIC
from embdistill.model.metrics import headline
from embdistill.model.networks.inputs import ENTITIES
from embdistill.model.words import word_sections

HEADER, ENTRY, ALIGNMENT = 24, 16, 16
MAX_WIDTHS = 8
DTYPES = ("float32", "int8", "int4")
COMMON = 10_000  # most words that are listed for precomputing


def edm_bytes(model: Model, dtype: str = "float32", common: int = COMMON) -> bytes:
    """The image of a model.

    dtype: float32, or int8 for a model in whole numbers, or int4 for one with vectors of 4 bits and shorter hashes.
    common: how many of the most frequent words are listed, for which a program can precompute the first layer: the
    unknown word and the first of the vocabulary. UserError for a model that the format cannot hold.
    """
    if dtype not in DTYPES:
        raise UserError(f"--dtype {dtype}: must be one of {', '.join(DTYPES)}")
    arrays = {"table": model.table, **model.values}
    if model.subwords:
        arrays["subwords"] = model.subwords.buckets
    for name, value in arrays.items():
        if not np.isfinite(value).all():
            raise UserError(f"{name} of the model has values that are not finite; train it again")
    words, order = word_sections(model.vocabulary, model.correction, short=dtype == "int4")
    rows = np.concatenate([[UNKNOWN], order + 1])  # of the model's table, in the order of the image's
    sections = {
        "META": json.dumps(_about(model, dtype), ensure_ascii=False, separators=(",", ":")).encode(),
        "LABL": _labels(model.labels),
        "TOKN": struct.pack("<2I", MODES.index(model.tokenizer.mode), model.tokenizer.lowercase),
        "WORD": words.pop("WORD"),
        "NETW": _network(model.network),
        **words,
        **_numbers(model, model.table[rows], dtype),
        "COMN": np.argsort(rows)[:common].astype("<u4").tobytes(),
    }
    return _image(sections)


def without_common(image: bytes) -> bytes:
    """A sound image without its list of frequent words, which a C project has no use for."""
    return _image(sections_of(image) | {"COMN": b""})


def sections_of(image: bytes) -> dict[str, bytes]:
    """The content of each section of a sound image, by name."""
    _, _, count, _ = struct.unpack_from("<4I", image, len(MAGIC))
    entries = [struct.unpack_from("<4s3I", image, HEADER + ENTRY * i) for i in range(count)]
    return {name.decode(): image[start : start + size] for name, start, size, _ in entries}


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


def _network(network):
    """The settings of a network."""
    hidden, max_pooling, widths = network.edm_settings()
    if len(widths) > MAX_WIDTHS:
        raise UserError(f"the model has filters of {len(widths)} widths, and an .edm file holds at most {MAX_WIDTHS}")
    return struct.pack(f"<{4 + len(widths)}I", network.edm_code, hidden, max_pooling, len(widths), *widths)


def _numbers(model, table, dtype):
    """The sections of vectors and weights. table (V, d): the rows of the image."""
    values, subwords = model.values, model.subwords
    tables = {"TABL": table}
    tables |= {f"POS{i}": values[f"position{i}.table"] for i in ENTITIES if model.relations}
    tables |= {"SUBW": subwords.buckets} if subwords else {}
    if dtype != "float32":
        sections = integer_sections(model.network, values, tables, dtype)
    else:
        output = {"OUTW": values["output.weight"], "OUTB": values["output.bias"][None]}
        matrices = {**tables, **model.network.edm_weights(values), **output}
        sections = {name: float_matrix(matrix) for name, matrix in matrices.items()}
    if subwords:
        sections["SUBW"] = struct.pack("<2I", subwords.shortest, subwords.longest) + sections["SUBW"]
    return sections


def _image(sections):
    """Header, table of sections and the sections, each at a multiple of ALIGNMENT.

    The version is the least that has these sections, so that older programs read what they can.
    """
    version = 3 if "INTS" in sections else 2 if sections.keys() & {"CORR", "SUBW"} else 1
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
