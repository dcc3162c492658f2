"""Alterations of files, after which their checksums fit again: bytes, numbers, structures of HDF5, JSON, sections."""

import copy
import json
import tempfile
from pathlib import Path

import h5py
import numpy as np

from embdistill.comparison.runs_file import RUNS
from embdistill.storage import userblock
from naive.edm import sections, with_section


def altered(name: str, content: bytes, rng: np.random.Generator) -> bytes:
    """The content of a file of this name with something altered; checksums within it fit again."""
    if name == RUNS:
        return _altered_lines(content, rng)
    if name.endswith(".edm"):
        return _altered_image(content, rng)
    if rng.random() < 0.4:
        return _altered_structure(content, rng)
    for _ in range(rng.integers(1, 4)):
        content = _altered_bytes(content, rng, userblock.SIZE)
    return content


def _altered_bytes(content, rng, first=0):
    """Bits, numbers of 1 to 8 bytes or stretches of bytes, above all where there is something else than zero."""
    content = bytearray(content)
    used = np.flatnonzero(np.frombuffer(content, np.uint8)[first:]) + first
    at = int(rng.choice(used)) if len(used) else first
    kind = rng.integers(5)
    if kind == 0:
        content[at] ^= 1 << rng.integers(8)
    elif kind == 1:
        size = int(rng.choice([1, 2, 4, 8]))
        at -= at % size
        numbers = [0, 1, 2, 255, len(content), 2 ** (8 * size) - 1, 2 ** (8 * size - 1), int(rng.integers(2**31))]
        number = numbers[rng.integers(len(numbers))] % 2 ** (8 * size)
        content[at : at + size] = number.to_bytes(size, "little")
    elif kind == 2:  # an address, say, that another part has
        other = int(rng.choice(used)) // 8 * 8
        content[at // 8 * 8 : at // 8 * 8 + 8] = content[other : other + 8].ljust(8, b"\0")
    elif kind == 3:
        other, size = int(rng.choice(used)), int(rng.integers(1, 200))
        stretch = content[other : other + size]
        content[at : at + len(stretch)] = stretch
    else:
        del content[at : at + int(rng.integers(1, 20 if rng.random() < 0.7 else len(content)))]
    return bytes(content)


def _altered_structure(content, rng):
    """What libhdf5 itself can put into a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        with h5py.File(path, "r+") as file:
            found = []
            file.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None)
            name = found[rng.integers(len(found))]
            kinds = list(STRUCTURES.values())
            kinds[rng.integers(len(kinds))](file, name, np.asarray(file[name][()]), rng)
        return path.read_bytes()


def _replace(file, name, *values, **settings):
    del file[name]
    file.create_dataset(name, *values, **settings)


def _json(file, name, value, rng):
    _replace(file, "about", data=json.dumps(_altered_value(json.loads(file["about"].asstr()[()]), rng)))


def _not_finite(file, name, value, rng):
    value = value.copy()
    if value.dtype.kind == "f" and value.size:
        value.reshape(-1)[rng.integers(value.size)] = rng.choice([np.nan, np.inf, -np.inf, 3e38])
    _replace(file, name, data=value)


def _link(kind):
    def change(file, name, value, rng):
        del file[name]
        file[name] = kind

    return change


def _bomb(file, name, value, rng):
    _replace(file, name, (2**30, 64), "f4", chunks=(2**14, 64), compression="gzip")


def _unwritten(file, name, value, rng):
    _replace(file, name, (2**40, 4), "f4", chunks=(2**10, 4))


def _external(file, name, value, rng):
    _replace(file, name, value.shape or (4,), value.dtype, external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)])


def _virtual(file, name, value, rng):
    layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", shape=(4,))
    del file[name]
    file.create_virtual_dataset(name, layout)


def _many_groups(file, name, value, rng):
    file.create_group("/".join("g" * rng.integers(1, 300)))


def _other_type(file, name, value, rng):
    kinds = ["i1", "u8", "f8", "f2", ">f4", "?", "S5", h5py.string_dtype(), np.dtype([("a", "f4")]), "c8"]
    _replace(file, name, value.shape or (2,), kinds[rng.integers(len(kinds))])


def _other_shape(file, name, value, rng):
    shapes = [value.ravel(), value.T, value[None], value[..., None], value[:1] if value.ndim else value, value[()]]
    _replace(file, name, data=shapes[rng.integers(len(shapes))])


def _attribute(file, name, value, rng):
    places = [place for place in (file, file.get("network")) if place is not None and len(place.attrs)]
    place = places[rng.integers(len(places))]
    key = list(place.attrs)[rng.integers(len(place.attrs))]
    values = ["", "{}", "[" * 9999, 2**60, -1, 1.5, np.arange(3), b"\xff", '{"dim": 1e999}', "run", 1, h5py.Empty("f4")]
    place.attrs[key] = values[rng.integers(len(values))]


STRUCTURES = {
    "JSON": _json, "not finite": _not_finite, "soft link": _link(h5py.SoftLink("/about")),
    "external link": _link(h5py.ExternalLink("/etc/passwd", "/x")), "loop": _link(h5py.SoftLink("/")), "bomb": _bomb,
    "unwritten": _unwritten, "external storage": _external, "virtual": _virtual, "groups": _many_groups,
    "type": _other_type, "shape": _other_shape, "attribute": _attribute,
}  # fmt: skip


def _altered_image(content, rng):
    """A section of an .edm image altered."""
    parts = sections(content)
    name = list(parts)[rng.integers(len(parts))]
    if name == "META" and rng.random() < 0.7:
        section = json.dumps(_altered_value(json.loads(parts[name]), rng)).encode()
    else:
        section = _altered_bytes(parts[name], rng)
    return with_section(content, name.encode(), section)


def _altered_lines(content, rng):
    """A line of JSON altered, as an object or as bytes."""
    lines = content.splitlines(keepends=True)
    at = rng.integers(len(lines))
    if rng.random() < 0.8:
        lines[at] = json.dumps(_altered_value(json.loads(lines[at]), rng)).encode() + b"\n"
    else:
        lines[at] = _altered_bytes(lines[at], rng)
    return b"".join(lines)


def _altered_value(value, rng):
    """A JSON value, with one value in it replaced, removed or added."""
    value = copy.deepcopy(value)
    place = value
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return _odd_value(rng)
        key = keys[rng.integers(len(keys))]
        if not isinstance(place[key], (dict, list)) or not place[key] or rng.random() < 0.15:
            break
        place = place[key]
    if rng.random() < 0.2:
        del place[key]
    else:
        place[key] = _odd_value(rng)
    return value


def _odd_value(rng):
    values = [None, True, -1, 0, 1.5, 2**70, -(2**70), 1e308, float("nan"), float("inf"), "", "\0", "é" * 300, [], {}]
    values += [[[[]]], {"a": {"b": 1}}, [1, "x", None], 10**400, "\udcff", "../../x", 12]
    return values[rng.integers(len(values))]
