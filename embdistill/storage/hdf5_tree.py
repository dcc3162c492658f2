"""The groups, attributes and arrays of our HDF5 files, read without libhdf5.

A file crafted for it makes libhdf5 hang, take all memory or open other files, and nothing can stop it. What we
write is a small part of HDF5: groups of the first version, and arrays of numbers or one text, in one piece or in chunks
of whole rows. Only that is read here; links, filters, external files and all else are refused. No two parts of a sound
file share a byte: so whatever is read is counted, and the count may not exceed the size of the file. This bounds time
and memory, and no chain of parts is endless.

Source: HDF5 File Format Specification Version 3.0 (The HDF Group), whose names of the parts stand beside their readers.
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from embdistill.storage import userblock
from embdistill.storage.checked import CheckedFile

DEEPEST = 4  # groups in each other
VERSIONS = bytes([0, 0, 0, 0, 0, 8, 8, 0])  # of the parts of a file, and 8 bytes for an address and for a length

# Types of messages. Those passed over give the values of what was never written, and a time.
DATASPACE, DATATYPE, LAYOUT, ATTRIBUTE, CONTINUATION, SYMBOL_TABLE = 0x01, 0x03, 0x08, 0x0C, 0x10, 0x11
PASSED_OVER = {0x00, 0x04, 0x05, 0x12}
REFUSED = {0x02: "links", 0x06: "a link", 0x07: "external files", 0x0B: "a filter"}


def _integer(size, signed):
    return struct.pack("<BBBBIHH", 0x10, 8 * signed, 0, 0, size, 0, 8 * size)


def _floating(size, exponent, mantissa):
    bits = 8 * size
    kind = struct.pack("<BBBBI", 0x11, 0x20, bits - 1, 0, size)
    return kind + struct.pack("<HHBBBBI", 0, bits, mantissa, exponent, 0, mantissa, 2 ** (exponent - 1) - 1)


# Datatype Message: the numbers and texts that we write, as they stand in the file.
NUMBERS = {
    **{_integer(size, signed): np.dtype(f"<{'ui'[signed]}{size}") for size in (1, 2, 4, 8) for signed in (0, 1)},
    **{_floating(*bits): np.dtype(f"<f{bits[0]}") for bits in ((2, 5, 10), (4, 8, 23), (8, 11, 52))},
}
TEXTS = {bytes([0x13, padding | letters, 0, 0]) for padding in (0, 1) for letters in (0x00, 0x10)}
# Up to schema 2 a text was of variable length, and stood in a heap: its length, the address of the heap, a number.
HEAP_TEXTS = {struct.pack("<BBBBI", 0x19, 1, letters, 0, 16) + _integer(1, 0) for letters in (0, 1)}
HEAP_TEXT = np.dtype("V16")


@dataclass
class Group:
    """Attributes and members by name; a member that is one text is read already."""

    attributes: dict[str, int | float | str] = field(default_factory=dict)
    members: dict[str, "Group | Dataset | str"] = field(default_factory=dict)

    def __getitem__(self, name):
        return self.members[name]


@dataclass
class Dataset:
    """An array of numbers that is still in the file."""

    file: CheckedFile
    dtype: np.dtype
    shape: tuple[int, ...]
    pieces: list[int]  # where each begins in the file
    piece_rows: int  # in each; the last one is padded

    def read(self, first: int = 0, last: int | None = None) -> np.ndarray:
        """The array, or its rows first:last. FormatError if the file was changed meanwhile."""
        rows, *others = self.shape or (1,)  # a single number is read as if it were a row
        first, last, _ = slice(first, last).indices(rows)
        values = np.empty((max(last - first, 0), *others), self.dtype)
        row = math.prod(others) * self.dtype.itemsize
        at = 0
        while at < len(values) and row:
            piece, skipped = divmod(first + at, self.piece_rows)
            count = min(len(values) - at, self.piece_rows - skipped)
            self.file.fill(memoryview(values[at : at + count]).cast("B"), self.pieces[piece] + skipped * row)
            at += count
        return values if self.shape else values[0, ...]


def read_tree(file: CheckedFile) -> Group:
    """The root group; ValueError, struct.error or FormatError if it is not as we write it."""
    return _Reader(file).root()


class _Reader:
    def __init__(self, file):
        self.file = file
        self.left = file.size  # bytes that may still be read
        self.heaps = {}  # the texts of a heap, (offset, size) by number, by its address

    def root(self):
        """Superblock, version 0."""
        front = self._take(0, 96)
        (base,) = struct.unpack_from("<Q", front, 24)
        if not front.startswith(userblock.HDF5_MARK + VERSIONS) or base != userblock.SIZE:
            raise ValueError("its superblock is not one that embdistill writes")
        (header,) = struct.unpack_from("<Q", front, 64)
        root = self._object(header, DEEPEST)
        if not isinstance(root, Group):
            raise ValueError("its root is not a group")
        return root

    # ---- bytes

    def _take(self, address, size):
        """Bytes of the file, which are counted; addresses are from the end of the user block on."""
        return self.file.read(self._counted(address, size), size)

    def _counted(self, address, size):
        """Where bytes begin in the file, once they are counted."""
        start = userblock.SIZE + address
        self.left -= size
        if self.left < 0 or start + size > self.file.size:
            raise ValueError("its parts are larger than the file, or overlap")
        return start

    def _marked(self, mark, address, size):
        """Bytes that begin with the mark of their part."""
        found = self._take(address, size)
        if not found.startswith(mark):
            raise ValueError(f"no {mark[:4].decode()} where one should be")
        return found

    # ---- groups and arrays

    def _object(self, header, depth):
        messages, attributes = {}, {}
        for kind, body in self._messages(header):
            if kind == ATTRIBUTE:
                name, value = self._attribute(body)
                attributes[name] = value
            elif messages.setdefault(kind, body) is not body:
                raise ValueError(f"two messages of type {kind}")
        if SYMBOL_TABLE in messages:
            return Group(attributes, self._members(messages[SYMBOL_TABLE], depth))
        if not messages.keys() >= {DATASPACE, DATATYPE, LAYOUT}:
            raise ValueError("a part that is neither a group nor an array")
        shape, dtype = _shape(messages[DATASPACE]), self._dtype(messages[DATATYPE])
        dataset = Dataset(self.file, dtype, shape, *self._pieces(messages[LAYOUT], shape, dtype))
        return self._text(dataset) if dtype.kind in "SV" else dataset

    def _messages(self, header):
        """Data Object Header, version 1: (type, body) of each message that says something."""
        version, _, _, _, size = struct.unpack("<BBHII4x", self._take(header, 16))
        if version != 1:
            raise ValueError(f"an object header of version {version}, not 1")
        blocks = [(header + 16, size)]
        for address, size in blocks:
            block, at = self._take(address, size), 0
            while at < size:
                kind, length, flags = struct.unpack_from("<HHB3x", block, at)
                body = bytes(block[at + 8 : at + 8 + length])
                at += 8 + length
                if flags & 2:
                    raise ValueError("a message that is shared")
                if kind == CONTINUATION:
                    blocks.append(struct.unpack_from("<QQ", body))
                elif kind in (DATASPACE, DATATYPE, LAYOUT, ATTRIBUTE, SYMBOL_TABLE):
                    yield kind, body
                elif kind not in PASSED_OVER:
                    raise ValueError(
                        f"it has {REFUSED.get(kind, f'a message of type {kind}')}, unlike what embdistill writes"
                    )

    def _attribute(self, body):
        """Attribute Message, version 1: the name and the single value."""
        version, name_size, type_size, space_size = struct.unpack_from("<BxHHH", body)
        if version != 1:
            raise ValueError(f"an attribute of version {version}, not 1")
        type_at = 8 + _padded(name_size)
        space_at = type_at + _padded(type_size)
        dtype = self._dtype(body[type_at:space_at])
        if _shape(body[space_at:]):
            raise ValueError("an attribute that is not a single value")
        start = space_at + _padded(space_size)
        value = self._value(dtype, body[start : start + dtype.itemsize])
        return body[8 : 8 + name_size].split(b"\0")[0].decode(), value

    def _members(self, body, depth):
        """Symbol Table Message, Local Heap and Symbol Table Nodes: the members of a group by name."""
        if not depth:
            raise ValueError("groups too deep in each other")
        tree, heap = struct.unpack_from("<QQ", body)
        size, start = struct.unpack("<8xQ8xQ", self._marked(b"HEAP\0", heap, 32))
        names = self._take(start, size)
        members = {}
        for _, node in self._entries(tree, 0, 8):
            (count,) = struct.unpack_from("<H", self._marked(b"SNOD\1", node, 8), 6)
            for name_at, header, cache in struct.iter_unpack("<QQI20x", self._take(node + 8, 40 * count)):
                if cache not in (0, 1):
                    raise ValueError("it has a link, unlike what embdistill writes")
                name = names[name_at : names.index(0, name_at)].decode()
                if name in members:
                    raise ValueError(f"two members called {name!r}")
                members[name] = self._object(header, depth - 1)
        return members

    def _entries(self, node, kind, key_size, level=None) -> Iterator[tuple[bytes, int]]:
        """B-tree, version 1: (key, address) of all below a node."""
        found, its_level, count = struct.unpack_from("<BBH", self._marked(b"TREE", node, 24), 4)
        if found != kind or level not in (None, its_level):
            raise ValueError("a tree with a node that does not belong there")
        entry = key_size + 8
        content = self._take(node + 24, count * entry)
        for at in range(0, count * entry, entry):
            (child,) = struct.unpack_from("<Q", content, at + key_size)
            if its_level:
                yield from self._entries(child, kind, key_size, its_level - 1)
            else:
                yield bytes(content[at : at + key_size]), child

    # ---- where the numbers are

    def _pieces(self, body, shape, dtype):
        """Data Layout Message, version 3: where the pieces of an array begin, and the rows in each."""
        version, kind = body[0], body[1]
        size = math.prod(shape) * dtype.itemsize
        if (version, kind) == (3, 1):  # in one piece
            address, stored = struct.unpack_from("<QQ", body, 2)
            if stored != size:
                raise ValueError(f"an array of {size} bytes of which {stored} are stored")
            return [self._counted(address, size) if size else 0], max(shape[0] if shape else 1, 1)
        if (version, kind) != (3, 2):
            raise ValueError("an array that is stored as embdistill never does")
        axes, tree = struct.unpack_from("<BQ", body, 2)
        rows, *chunk = struct.unpack_from(f"<{axes}I", body, 11)
        if rows == 0 or size == 0 or (*shape[1:], dtype.itemsize) != tuple(chunk):
            raise ValueError("an array whose chunks are not whole rows")
        return self._chunks(tree, axes, -(-shape[0] // rows), rows, rows * math.prod(chunk)), rows

    def _chunks(self, tree, axes, count, rows, size):
        """Where `count` chunks begin."""
        if count * size > self.left:
            raise ValueError("its parts are larger than the file, or overlap")
        pieces = [None] * count
        for key, address in self._entries(tree, 1, 8 + 8 * axes):
            stored, mask, first, *others = struct.unpack(f"<II{axes}Q", key)
            number, rest = divmod(first, rows)
            if stored != size or mask or rest or any(others) or number >= count or pieces[number] is not None:
                raise ValueError("a chunk that does not belong to its array")
            pieces[number] = self._counted(address, size)
        if None in pieces:
            raise ValueError("an array with a chunk that is not stored")
        return pieces

    # ---- values

    def _dtype(self, body):
        """Datatype Message."""
        for stored, dtype in NUMBERS.items():
            if body.startswith(stored):
                return dtype
        if body[:20] in HEAP_TEXTS:
            return HEAP_TEXT
        (size,) = struct.unpack_from("<I", body, 4)
        if body[:4] not in TEXTS or not 1 <= size <= self.left:
            raise ValueError("numbers of a type that embdistill never writes")
        return np.dtype(f"S{size}")

    def _text(self, dataset):
        if dataset.shape:
            raise ValueError("a list of texts, which embdistill never writes")
        return self._value(dataset.dtype, bytes(dataset.file.read(dataset.pieces[0], dataset.dtype.itemsize)))

    def _value(self, dtype, content):
        if len(content) != dtype.itemsize:
            raise ValueError("an attribute that is cut off")
        if dtype == HEAP_TEXT:
            return self._heap_text(*struct.unpack("<IQI", content))
        return content.rstrip(b"\0").decode() if dtype.kind == "S" else np.frombuffer(content, dtype)[0].item()

    def _heap_text(self, length, heap, number):
        if length == 0:
            return ""
        if heap not in self.heaps:
            self.heaps[heap] = dict(self._heap(heap))
        start, size = self.heaps[heap].get(number, (0, 0))
        if length > size:
            raise ValueError("a text that is longer than its place in the heap")
        return self._take(start, length).decode()

    def _heap(self, heap):
        """Global Heap Collection: number and (address, size) of each text."""
        (end,) = struct.unpack_from("<Q", self._marked(b"GCOL\1", heap, 16), 8)
        at = 16
        while at + 16 <= end:
            number, size = struct.unpack("<H6xQ", self._take(heap + at, 16))
            if number == 0:  # the rest is free
                return
            yield number, (heap + at + 16, size)
            at += 16 + _padded(size)


def _shape(body):
    """Dataspace Message, version 1."""
    version, axes = struct.unpack_from("<BB6x", body)
    if version != 1:
        raise ValueError(f"a shape of version {version}, not 1")
    return struct.unpack_from(f"<{axes}Q", body, 8)


def _padded(size):
    return -(-size // 8) * 8
