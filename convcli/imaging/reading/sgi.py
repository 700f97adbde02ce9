"""SGI pictures of 16 bits, which Pillow narrows to 8.

References
----------
P. Haeberli, The SGI Image File Format, version 1.0: planes of big-endian rows, the bottom row first.
"""

import struct

import numpy as np

from convcli.imaging.image import Array, Decoded, Frame, Space

__all__ = ["is_deep", "sgi_frame"]

_HEADER = 512


def is_deep(data: bytes) -> bool:
    """Whether this is an SGI picture of two bytes per sample."""
    return data.startswith(b"\x01\xda") and data[3:4] == b"\2"


def sgi_frame(data: bytes) -> Decoded:
    """Return a picture for which `is_deep` is true, of as many channels as Pillow has found: 1, 3 or 4."""
    width, height, channels = struct.unpack_from(">3H", data, 6)
    if data[5] < 3:  # one plane
        channels = 1
    if data[2]:
        planes = _unpacked(data, width, height * channels)
    else:
        planes = np.frombuffer(data, ">u2", width * height * channels, _HEADER)
    upright = planes.reshape(channels, height, width)[:, ::-1].astype(np.uint16)
    if channels == 1:
        return Frame(upright[0]), Space.GRAY
    pixels = np.ascontiguousarray(np.moveaxis(upright[:3], 0, 2))
    return Frame(pixels, upright[3] if channels == 4 else None), Space.RGB


def _unpacked(data: bytes, width: int, rows: int) -> Array:
    """Undo the run-length encoding: a count with bit 7 set precedes as many samples, else one, repeated."""
    starts, lengths = np.frombuffer(data, ">u4", 2 * rows, _HEADER).reshape(2, rows).tolist()
    samples = np.empty((rows, width), np.uint16)
    for index, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        end = start + min(length, 4 * width) // 2 * 2  # a row never needs more than two words per sample
        words = np.frombuffer(data[start:end], ">u2").tolist()
        row: list[int] = []
        at = 0
        while len(row) < width and at + 1 < len(words) and (count := words[at] & 0x7F):
            if words[at] & 0x80:
                row += words[at + 1 : at + 1 + count]
                at += 1 + count
            else:
                row += words[at + 1 : at + 2] * count
                at += 2
        samples[index] = row  # raises where a row is too short or too long
    return samples
