"""Directories of a TIFF: tags with their values, byte for byte, read without decoding pixels, and written.

References
----------
Adobe, TIFF 6.0 (1992), section 2: a directory is a count, entries of 12 bytes in ascending order of their
tags, and the offset of the next directory. In BigTIFF (AWare Systems, 2007) offsets have 8 bytes, entries 20.
"""

import struct
from collections.abc import Iterator, Mapping
from mmap import mmap
from typing import Any, NamedTuple, TypeAlias, Union

import numpy as np
from numpy.typing import NDArray

from convcli.errors import ImageError
from convcli.limits import TAG_BYTES

__all__ = [
    "Data",
    "Directory",
    "Tag",
    "Tags",
    "Values",
    "ascii_tag",
    "bytes_tag",
    "chain",
    "directory_bytes",
    "first_directory",
    "layout_of",
]

# A file's bytes, in memory or where the system reads them when they are looked at.
Data: TypeAlias = bytes | mmap

# Bytes of one unit of a value by TIFF's code of its type; the types whose values are two units, rationals.
_UNITS = dict.fromkeys((1, 2, 6, 7), 1) | dict.fromkeys((3, 8), 2) | dict.fromkeys((4, 5, 9, 10, 11, 13), 4)
_UNITS |= dict.fromkeys((12, 16, 17, 18), 8)
_PAIRS = {5, 10}
# NumPy's kind of number by TIFF's code; unsigned for all others.
_KINDS = {6: "i", 8: "i", 9: "i", 10: "i", 11: "f", 12: "f", 17: "i"}
# The struct module's codes of whole numbers.
_WHOLE = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
# Codes of 8 bytes that only BigTIFF has, and of 4 bytes in their stead.
_NARROWER = {16: 4, 17: 9, 18: 4}
# Codes of a directory's offset, of one in BigTIFF, and of text.
_LONG, _IFD8, _ASCII = 4, 18, 2
# Bytes from which a value that several pages have is written once.
_SHARED = 1024


class Tag(NamedTuple):
    """A value: TIFF's code of its type, the number of values, and their bytes in little-endian order."""

    kind: int
    length: int
    data: bytes

    @property
    def divides_by_zero(self) -> bool:
        """Whether it has a rational that is infinite; 0/0 is a value that is not known (Exif 2.32)."""
        return self.kind in _PAIRS and bool(np.isinf(self.numbers()).any())

    def numbers(self) -> NDArray[Any]:
        """Return the numbers; rationals are quotients, infinite or NaN where they are divided by 0."""
        kind: np.dtype[Any] = np.dtype(f"<{_KINDS.get(self.kind, 'u')}{_UNITS[self.kind]}")
        values = np.frombuffer(self.data, kind)
        if self.kind in _PAIRS:
            with np.errstate(divide="ignore", invalid="ignore"):
                quotients: NDArray[Any] = values[0::2].astype(np.float64) / values[1::2]
                return quotients
        return values


# The tags of a directory; one within it (EXIF, GPS) is a mapping itself.
Tags: TypeAlias = Mapping[int, Union[Tag, "Tags"]]


class Values:
    """Values that directories of one file have read, each once, by type, count and place."""

    def __init__(self) -> None:
        self.tags: dict[tuple[int, int, int], Tag] = {}
        self.directories: dict[int, Directory] = {}
        # by number and value, what has become of a tag, and notes about that
        self.made: dict[tuple[int, Tag], tuple[Tag | None, tuple[str, ...]]] = {}
        self._bytes = 0

    def count(self, more: int, file: int) -> None:
        """Count the bytes of a directory and its values, of which a `file` of this size may share some."""
        self._bytes += more
        if self._bytes > file:
            TAG_BYTES.check(
                self._bytes,
                "--frame N reads one page; exiftool -all= removes the tags that describe it",
                ImageError,
            )


class Directory:
    """The directory at byte `at` of the TIFF `data`, without entries whose values lie outside of the file.

    Directories of one file are given the same `values`, so that they share what they have in common.

    Attributes
    ----------
    end : int
        Where its entries end.
    broken : set of int
        Tags that were left out.
    """

    def __init__(self, data: Data, at: int, values: Values | None = None) -> None:
        self.data, self.at, self.values = data, at, Values() if values is None else values
        self.order, big = layout_of(data)
        head, entry = ("Q", "HHQ8s") if big else ("H", "HHI4s")
        (count,) = struct.unpack_from(self.order + head, data, at)
        start, size = at + struct.calcsize(head), struct.calcsize("<" + entry)
        self.end = start + count * size
        if self.end > len(data):
            raise struct.error(f"the directory at byte {at} goes beyond the end of the file")
        link = "Q" if big else "I"
        self.broken, self._entries = set[int](), (start, size)
        self._places: dict[int, tuple[int, int, int]] = {}
        held = struct.calcsize(link)
        entries = struct.iter_unpack(self.order + entry, data[start : self.end])
        total = self.end - at
        for number, (tag, kind, many, _) in enumerate(entries):
            if not many:  # some programs write empty ones: nothing is lost
                continue
            length = many * _UNITS.get(kind, 0) * (2 if kind in _PAIRS else 1)
            place = start + number * size + size - held
            if length > held:
                (place,) = struct.unpack_from(self.order + link, data, place)
            if not length or place + length > len(data):
                self.broken.add(tag)
            elif tag not in self._places:
                self._places[tag] = (kind, many, place)
                total += length if length > held else 0
        self.values.count(total, len(data))

    def __iter__(self) -> Iterator[int]:
        return iter(self._places)

    def __contains__(self, tag: int) -> bool:
        return tag in self._places

    def entries(self) -> dict[int, bytes]:
        """Return the bytes of each entry."""
        start, size = self._entries
        found = (self.data[at : at + size] for at in range(start, self.end, size))
        return {struct.unpack_from(self.order + "H", entry)[0]: entry for entry in found}

    def count(self, tag: int) -> int:
        """Return how many values `tag` has."""
        return self._places[tag][1] if tag in self._places else 0

    def tag(self, tag: int) -> Tag | None:
        """Return the value of `tag`, if the directory has it."""
        if tag not in self._places:
            return None
        found = self._places[tag]
        if found not in self.values.tags:
            self.values.tags[found] = self._read(*found)
        return self.values.tags[found]

    def _read(self, kind: int, count: int, place: int) -> Tag:
        unit = _UNITS[kind]
        length = count * unit * (2 if kind in _PAIRS else 1)
        return Tag(kind, count, _swapped(self.data[place : place + length], unit, self.order))

    def numbers(self, tag: int, most: int) -> NDArray[Any]:
        """Return the first numbers of `tag`, `most` at most; none where the directory does not have it."""
        if tag not in self._places:
            return np.empty(0)
        kind, count, place = self._places[tag]
        return self._read(kind, min(count, most), place).numbers()

    def number(self, tag: int, default: int) -> int:
        """Return the first of the whole numbers of `tag`."""
        kind, _, place = self._places.get(tag, (0, 0, 0))
        if kind not in _WHOLE:
            return default
        (found,) = struct.unpack_from(self.order + _WHOLE[kind], self.data, place)
        return int(found)

    def inner(self, tag: int) -> "Directory | None":
        """Return the directory that `tag` points to."""
        at, known = self.number(tag, 0), self.values.directories
        if not 0 < at < len(self.data) - 2:
            return None
        if at not in known:
            known[at] = Directory(self.data, at, self.values)
        # an entry of 12 bytes takes some 100 in each page that has it
        self.values.count(8 * (known[at].end - at), len(self.data))
        return known[at]


def layout_of(data: Data) -> tuple[str, bool]:
    """Return the byte order, ``<`` or ``>``, and whether it is BigTIFF."""
    order = "<" if data[:2] == b"II" else ">"
    return order, 43 in data[2:4]


def _swapped(data: bytes, unit: int, order: str) -> bytes:
    """Return values of `unit` bytes in `order` in little-endian order, or the other way round."""
    return data if order == "<" or unit == 1 else np.frombuffer(data, f"u{unit}").byteswap().tobytes()


def first_directory(data: Data) -> int:
    """Return the offset of the first directory."""
    order, big = layout_of(data)
    (at,) = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)
    return int(at)


def chain(data: Data) -> Iterator[int]:
    """Return the offsets of the directories, one by one, and -1 where the next is missing, or was there."""
    order, big = layout_of(data)
    head, entry, link = ("Q", 20, "Q") if big else ("H", 12, "I")
    at, seen = first_directory(data), set[int]()
    while at:
        yield -1 if at in seen else at
        if at in seen or at + struct.calcsize(head) > len(data):
            return
        seen.add(at)
        (count,) = struct.unpack_from(order + head, data, at)
        at += struct.calcsize(head) + count * entry
        if at + struct.calcsize(link) > len(data):
            yield -1
            return
        (at,) = struct.unpack_from(order + link, data, at)


def ascii_tag(text: bytes) -> Tag:
    """Return `text` as a value; it ends with a zero byte, as the specification says."""
    content = text.rstrip(b"\0") + b"\0"
    return Tag(_ASCII, len(content), content)


def bytes_tag(content: bytes) -> Tag:
    """Return bytes as a value, whatever they stand for."""
    return Tag(1, len(content), content)


def directory_bytes(
    tags: Mapping[int, Tag | Tags | bytes],
    order: str,
    at: int,
    shared: dict[Tag, int] | None = None,
    *,
    big: bool = False,
) -> bytes:
    """Return the directory for its place at byte `at` of a TIFF, or of a `big` one, with its values after it.

    Bytes in the place of a tag are its entry as it stands. Types of 8 bytes, which only BigTIFF has, become
    those of 4 elsewhere. `shared` are the places of large values that directories before it have, and of its
    own.
    """
    count_code, offset_code, held_bytes = ("Q", "Q", 8) if big else ("H", "I", 4)
    head, entry = struct.calcsize(count_code), 4 + 2 * held_bytes
    entries, values = [], bytearray()
    values_at = at + head + entry * len(tags) + held_bytes
    for number, tag in sorted(tags.items()):
        place = values_at + len(values)
        if isinstance(tag, Mapping):
            values += directory_bytes(tag, order, place, shared, big=big)
            kind = _IFD8 if big else _LONG
            entries.append(struct.pack(order + "HH" + 2 * offset_code, number, kind, 1, place))
        elif isinstance(tag, bytes):
            entries.append(tag)
        else:
            kind, count, data = tag = tag if big else _classic(tag)
            if len(data) <= held_bytes:
                held = _swapped(data, _UNITS[kind], order).ljust(held_bytes, b"\0")
            else:
                if shared is not None and len(data) >= _SHARED:
                    place = shared.setdefault(tag, place)
                held = struct.pack(order + offset_code, place)
                if place == values_at + len(values):
                    values += _swapped(data, _UNITS[kind], order)
            entries.append(struct.pack(order + "HH" + offset_code, number, kind, count) + held)
        values += b"\0" * (len(values) % 2)
    return struct.pack(order + count_code, len(entries)) + b"".join(entries) + bytes(held_bytes) + values


def _classic(tag: Tag) -> Tag:
    if tag.kind not in _NARROWER:
        return tag
    kind = _NARROWER[tag.kind]
    return Tag(kind, tag.length, tag.numbers().astype(f"<{_KINDS.get(kind, 'u')}4").tobytes())
