"""The blocks of a GIF: frames are counted, and taken out as files of their own, without decoding.

References
----------
CompuServe, Graphics Interchange Format, Version 89a (1990).
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from convcli.imaging.reading.layers import CLEAR, KEEP, RESTORE, Layer

__all__ = ["GifFile", "GifFrame", "gif_file", "gif_layers"]

# Codes of blocks and extensions; bits of packed fields.
_EXTENSION, _IMAGE, _CONTROL, _COMMENT, _APPLICATION = 0x21, 0x2C, 0xF9, 0xFE, 0xFF
_TABLE, _TABLE_SIZE, _TRANSPARENT = 0x80, 0x07, 0x01
# Our disposal by that of the file.
_DISPOSALS = {2: CLEAR, 3: RESTORE}


class GifFrame(NamedTuple):
    """One image: its place and size, its graphic control (4 bytes) if any, colour table, and data."""

    left: int
    top: int
    width: int
    height: int
    control: bytes
    packed: int
    table: bytes
    start: int
    end: int


class GifFile(NamedTuple):
    """Size of the screen that all frames fit on, frames and metadata of a GIF."""

    width: int
    height: int
    table: bytes
    frames: tuple[GifFrame, ...]
    comment: bytes
    loop: int | None
    ended: bool


def gif_file(data: bytes, most: int) -> GifFile:
    """Read the blocks of a GIF, up to `most` frames; a file that is cut short has the frames before."""
    width, height, packed = struct.unpack_from("<HHB", data, 6)
    at, table = _table(data, 13, packed)
    frames, comments = list[GifFrame](), list[bytes]()
    loop, control, ended = None, b"", False
    while len(frames) < most and at + 1 < len(data):
        code = data[at]
        if code == _EXTENSION:
            end = _skip(data, at + 2)
            label, first = data[at + 1], data[at + 3 : at + 3 + data[at + 2]] if at + 2 < len(data) else b""
            if label == _CONTROL:
                control = first[:4]
            elif label == _COMMENT:
                comments.append(b"".join(_blocks(data, at + 2)))
            elif label == _APPLICATION and first == b"NETSCAPE2.0" and loop is None:
                second = data[at + 14 : end]
                loop = int.from_bytes(second[2:4], "little") if second[:2] == b"\3\1" else loop
            at = end
        elif code == _IMAGE and at + 10 < len(data):
            left, top, across, down, flags = struct.unpack_from("<HHHHB", data, at + 1)
            start, local = _table(data, at + 10, flags)
            at = _skip(data, start + 1)
            frames.append(GifFrame(left, top, across, down, control, flags, local, start, at))
            control = b""
        elif code == ord(";"):
            break
        else:
            at += 1  # padding between blocks
    if frames:
        width = max(width, *(frame.left + frame.width for frame in frames))
        height = max(height, *(frame.top + frame.height for frame in frames))
    ended = data[at : at + 1] == b";" or len(frames) >= most
    return GifFile(width, height, table, tuple(frames), b"\n".join(comments), loop, ended)


def gif_layers(data: bytes, file: GifFile) -> Iterator[Layer]:
    """Yield each frame as a GIF of its own."""
    for left, top, width, height, control, packed, local, start, end in file.frames:
        flags = control[0] if len(control) == 4 else 0
        table = local or file.table
        size = (len(table) // 3).bit_length() - 2
        header = struct.pack("<HHB", width, height, _TABLE | size if table else 0)
        clear = b"!\xf9\4\1\0\0" + control[3:] + b"\0" if flags & _TRANSPARENT else b""
        image = struct.pack("<BHHHHB", _IMAGE, 0, 0, width, height, packed & 0x40)
        alone = b"".join((b"GIF89a", header, b"\0\0", table, clear, image, data[start:end], b";"))
        time = 10.0 * int.from_bytes(control[1:3], "little")
        yield Layer(alone, left, top, _DISPOSALS.get(flags >> 2 & 7, KEEP), True, time)


def _table(data: bytes, at: int, packed: int) -> tuple[int, bytes]:
    """Return where a colour table at `at` ends, and its bytes, if `packed` says that there is one."""
    end = at + (6 << (packed & _TABLE_SIZE)) if packed & _TABLE else at
    return end, data[at:end]


def _blocks(data: bytes, at: int) -> Iterator[bytes]:
    while at < len(data) and data[at]:
        yield data[at + 1 : at + 1 + data[at]]
        at += 1 + data[at]


def _skip(data: bytes, at: int) -> int:
    """Return the end of the sub-blocks that begin at `at`."""
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return min(at + 1, len(data))
