"""Directories of a TIFF: tags with their values, byte for byte, read without decoding pixels, and written.

References
----------
Adobe, TIFF 6.0 (1992), section 2: a directory is a count, entries of 12 bytes in ascending order of their
tags, and the offset of the next directory. In BigTIFF (AWare Systems, 2007) offsets have 8 bytes, entries 20.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias, Union

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Directory",
    "Tag",
    "Tags",
    "ascii_tag",
    "bytes_tag",
    "chain",
    "directory_bytes",
    "first_directory",
]

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
# Code of a directory's offset, and of text.
_LONG, _ASCII = 4, 2


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


class Directory:
    """The directory at byte `at` of the TIFF `data`, without entries whose values lie outside of the file.

    Attributes
    ----------
    end : int
        Where its entries end.
    broken : set of int
        Tags that were left out.
    """

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at
        self.order, big = _layout(data)
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
        for number, (tag, kind, values, _) in enumerate(entries):
            if not values:  # some programs write empty ones: nothing is lost
                continue
            length = values * _UNITS.get(kind, 0) * (2 if kind in _PAIRS else 1)
            place = start + number * size + size - held
            if length > held:
                (place,) = struct.unpack_from(self.order + link, data, place)
            if not length or place + length > len(data):
                self.broken.add(tag)
            elif tag not in self._places:
                self._places[tag] = (kind, values, place)

    def __iter__(self) -> Iterator[int]:
        return iter(self._places)

    def __contains__(self, tag: int) -> bool:
        return tag in self._places

    def entries(self) -> dict[int, bytes]:
        """Return the bytes of each entry."""
        start, size = self._entries
        found = (self.data[at : at + size] for at in range(start, self.end, size))
        return {struct.unpack_from(self.order + "H", entry)[0]: entry for entry in found}

    def tag(self, tag: int) -> Tag | None:
        """Return the value of `tag`, if the directory has it."""
        if tag not in self._places:
            return None
        kind, count, place = self._places[tag]
        unit = _UNITS[kind]
        length = count * unit * (2 if kind in _PAIRS else 1)
        return Tag(kind, count, _swapped(self.data[place : place + length], unit, self.order))

    def numbers(self, tag: int) -> NDArray[Any]:
        """Return the numbers of `tag`, none where the directory does not have it."""
        found = self.tag(tag)
        return np.empty(0) if found is None else found.numbers()

    def number(self, tag: int, default: int) -> int:
        """Return the first of the whole numbers of `tag`."""
        kind, _, place = self._places.get(tag, (0, 0, 0))
        if kind not in _WHOLE:
            return default
        (found,) = struct.unpack_from(self.order + _WHOLE[kind], self.data, place)
        return int(found)

    def inner(self, tag: int) -> "Directory | None":
        """Return the directory that `tag` points to."""
        at = self.number(tag, 0)
        return Directory(self.data, at) if 0 < at < len(self.data) - 2 else None


def _layout(data: bytes) -> tuple[str, bool]:
    order = "<" if data[:2] == b"II" else ">"
    return order, 43 in data[2:4]


def _swapped(data: bytes, unit: int, order: str) -> bytes:
    """Return values of `unit` bytes in `order` in little-endian order, or the other way round."""
    return data if order == "<" or unit == 1 else np.frombuffer(data, f"u{unit}").byteswap().tobytes()


def first_directory(data: bytes) -> int:
    """Return the offset of the first directory."""
    order, big = _layout(data)
    (at,) = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)
    return int(at)


def chain(data: bytes) -> Iterator[int]:
    """Return the offsets of the directories, one by one, and -1 where the next is missing, or was there."""
    order, big = _layout(data)
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


def directory_bytes(tags: Mapping[int, Tag | Tags | bytes], order: str, at: int) -> bytes:
    """Return the directory for its place at byte `at` of a TIFF, with its values after it.

    Bytes in the place of a tag are its entry as it stands. Types of 8 bytes, which only BigTIFF has, become
    those of 4.
    """
    entries, values = [], b""
    values_at = at + 2 + 12 * len(tags) + 4
    for number, tag in sorted(tags.items()):
        place = values_at + len(values)
        if isinstance(tag, Mapping):
            values += directory_bytes(tag, order, place)
            entries.append(struct.pack(order + "HHII", number, _LONG, 1, place))
        elif isinstance(tag, bytes):
            entries.append(tag)
        else:
            kind, count, data = _classic(tag)
            data = _swapped(data, _UNITS[kind], order)
            if len(data) <= 4:
                held = data.ljust(4, b"\0")
            else:
                held, values = struct.pack(order + "I", place), values + data
            entries.append(struct.pack(order + "HHI", number, kind, count) + held)
        values += b"\0" * (len(values) % 2)
    head = struct.pack(order + "H", len(entries)) + b"".join(entries)
    return head + b"\0\0\0\0" + values


def _classic(tag: Tag) -> Tag:
    if tag.kind not in _NARROWER:
        return tag
    kind = _NARROWER[tag.kind]
    return Tag(kind, tag.length, tag.numbers().astype(f"<{_KINDS.get(kind, 'u')}4").tobytes())
