"""Write PNG files: faster than Pillow, and with 16 bits per sample in several channels, which Pillow cannot.

Each row is filtered by Sub or Up, whichever gives the smaller differences. Strips of rows, cut by the
picture's size alone, are deflated by several threads; a strip is filtered in blocks of rows, so that no
second copy of the picture exists.

References
----------
W3C, Portable Network Graphics (PNG) Specification (Third Edition): 9 (filtering), 11 (chunks).
"""

import math
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import reduce
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convcli.choices import Compress
from convcli.imaging.image import Array
from convcli.imaging.writing.patches import Patch

__all__ = ["Chunks", "encode", "encode_animation", "with_chunks"]

Chunks = list[tuple[bytes, bytes]]

# PNG colour type by number of channels.
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
# Filter types of a row: differences to the pixel on the left, and to the row above.
_SUB, _UP = 1, 2
# Bytes of samples filtered at a time, so that they stay in the cache.
_BLOCK_BYTES = 1 << 18
# Smallest strip in bytes of samples, and most strips of a picture.
_STRIP_BYTES, _MAX_STRIPS = 1 << 20, 16
# Share of bytes that equal the previous one, below which matching runs does not pay (measured on noise).
_MIN_RUN_SHARE = 0.3
_SIGNATURE, _ZLIB_HEADER = b"\x89PNG\r\n\x1a\n", b"\x78\x01"
# Modulus of Adler-32 (RFC 1950, section 9).
_ADLER_BASE = 65521
# zlib's level by --compress.
_LEVEL = {Compress.FAST: 6, Compress.SMALL: 9, Compress.NONE: 0}


def encode(samples: Array, compress: Compress, chunks: Chunks, jobs: int | None = None) -> bytes:
    """Return the file for (H, W) or (H, W, 1 to 4) uint8 or uint16 samples, alpha last.

    `compress` fast is zlib's RLE strategy; `chunks` are written before the pixels. The bytes do not depend on
    `jobs`, the number of threads (by default one per core).
    """
    head = [(b"IHDR", _header(samples)), *chunks]
    pixels = _pixels(samples, compress, jobs)
    return b"".join((_SIGNATURE, *_chunks(head), *pixels, *_chunk(b"IEND", [])))


def encode_animation(
    patches: Iterable[Patch], compress: Compress, chunks: Chunks, loop: int, count: int, jobs: int | None
) -> bytes:
    """Return an animated PNG of `count` patches, the first of which is the whole picture.

    It plays `loop` times; 0 is forever.

    References
    ----------
    W3C, PNG (Third Edition), 11.3.6: acTL, fcTL and fdAT, whose numbers ascend.
    """
    parts, sequence = [_SIGNATURE], 0
    for index, patch in enumerate(patches):
        height, width = patch.samples.shape[:2]
        if index == 0:
            control = (b"acTL", struct.pack(">II", count, loop))
            parts += _chunks([(b"IHDR", _header(patch.samples)), control, *chunks])
        place = (width, height, patch.left, patch.top)
        # disposal: none; blending: the patch replaces what is there
        frame = struct.pack(">IIIIIHHBB", sequence, *place, *_delay(patch.duration), 0, 0)
        parts += _chunk(b"fcTL", [frame])
        parts += _pixels(patch.samples, compress, jobs, sequence + 1 if index else None)
        sequence += 2 if index else 1
    return b"".join((*parts, *_chunk(b"IEND", [])))


def with_chunks(data: bytes, chunks: Chunks) -> bytes:
    """Return a PNG with `chunks` after its header."""
    end = len(_SIGNATURE) + 25
    return b"".join((data[:end], *_chunks(chunks), data[end:]))


def _header(samples: Array) -> bytes:
    height, width = samples.shape[:2]
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    return struct.pack(">IIBBBBB", width, height, 8 * samples.itemsize, _COLOUR_TYPES[channels], 0, 0, 0)


def _delay(milliseconds: float) -> tuple[int, int]:
    """Return a time in seconds as a fraction of 16-bit numbers."""
    seconds = min(Fraction(milliseconds) / 1000, Fraction(65535))
    closest = seconds.limit_denominator(65535 // max(1, math.ceil(seconds)))
    return closest.numerator, closest.denominator


def _chunks(chunks: Chunks) -> list[bytes]:
    return [part for kind, content in chunks for part in _chunk(kind, [content])]


class _Strip(NamedTuple):
    """Deflated rows, their number of bytes before deflation, and the Adler-32 of these."""

    packed: list[bytes]
    length: int
    adler: int


def _pixels(samples: Array, compress: Compress, jobs: int | None, sequence: int | None = None) -> list[bytes]:
    """Return a zlib stream of all rows: strips deflated apart, each ended by a full flush.

    Strips are chunks IDAT, or all together one chunk fdAT of number `sequence`.
    """
    height = samples.shape[0]
    count = max(1, min(_MAX_STRIPS, samples.nbytes // _STRIP_BYTES, height))
    ends = [height * i // count for i in range(count + 1)]

    def strip(index: int) -> _Strip:
        return _strip(samples, ends[index], ends[index + 1], compress, as_chunk=sequence is None)

    if count == 1 or jobs == 1:
        strips = list(map(strip, range(count)))
    else:
        from concurrent.futures import ThreadPoolExecutor  # here for start-up: small pictures need none

        with ThreadPoolExecutor(jobs or os.cpu_count()) as pool:
            strips = list(pool.map(strip, range(count)))
    adler = reduce(_joined, strips, 1)
    parts, last = [part for one in strips for part in one.packed], struct.pack(">I", adler)
    if sequence is not None:
        return _chunk(b"fdAT", [struct.pack(">I", sequence), *parts, last])
    return parts + _chunk(b"IDAT", [last])


def _strip(samples: Array, start: int, end: int, compress: Compress, *, as_chunk: bool) -> _Strip:
    strategy = zlib.Z_RLE if compress is Compress.FAST else zlib.Z_DEFAULT_STRATEGY
    blocks = _filtered(samples, start, end)
    first = next(blocks)
    # Noise has hardly any runs: without matching, it takes a tenth less time.
    if strategy == zlib.Z_RLE and np.mean(first[1:] == first[:-1]) < _MIN_RUN_SHARE:
        strategy = zlib.Z_HUFFMAN_ONLY
    packer = zlib.compressobj(_LEVEL[compress], zlib.DEFLATED, -15, 9, strategy)
    packed, adler = [_ZLIB_HEADER] if start == 0 else [], 1
    for rows in chain([first], blocks):
        packed.append(packer.compress(rows.data))
        adler = zlib.adler32(rows.data, adler)
    last = end == samples.shape[0]
    packed.append(packer.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH))
    length = (end - start) * (1 + samples.nbytes // samples.shape[0])
    return _Strip(_chunk(b"IDAT", packed) if as_chunk else packed, length, adler)


def _joined(adler: int, strip: _Strip) -> int:
    """Return the Adler-32 of data with checksum `adler` followed by the rows of `strip`."""
    low, high = adler & 0xFFFF, adler >> 16
    more_low, more_high = strip.adler & 0xFFFF, strip.adler >> 16
    sums = (low + more_low - 1) % _ADLER_BASE
    return (high + more_high + strip.length * (low - 1)) % _ADLER_BASE << 16 | sums


def _chunk(kind: bytes, content: list[bytes]) -> list[bytes]:
    check = zlib.crc32(kind)
    for part in content:
        check = zlib.crc32(part, check)
    length = sum(map(len, content))
    return [struct.pack(">I", length) + kind, *content, struct.pack(">I", check)]


def _filtered(samples: Array, start: int, end: int) -> Iterator[NDArray[np.uint8]]:
    """Yield blocks of filtered rows: a filter type, then differences to the pixel before or the row above."""
    row_bytes = samples.nbytes // samples.shape[0]
    pixel_bytes = row_bytes // samples.shape[1]
    at_once = max(1, _BLOCK_BYTES // row_bytes)
    above_first = _bytes(samples[start - 1 : start])[0] if start else np.zeros(row_bytes, np.uint8)
    for first in range(start, end, at_once):
        raw = _bytes(samples[first : min(first + at_once, end)])
        left, above = raw.copy(), raw.copy()
        left[:, pixel_bytes:] -= raw[:, :-pixel_bytes]
        above[1:] -= raw[:-1]
        above[0] -= above_first
        above_first = raw[-1]
        use_above = _size(above) < _size(left)
        result = np.empty((len(raw), 1 + row_bytes), dtype=np.uint8)
        result[:, 0] = np.where(use_above, _UP, _SUB)
        result[:, 1:] = left
        result[use_above, 1:] = above[use_above]
        yield result.reshape(-1)


def _bytes(rows: Array) -> NDArray[np.uint8]:
    """Return each row's bytes, most significant first."""
    kind = np.uint8 if rows.dtype == np.uint8 else ">u2"
    return np.ascontiguousarray(rows, dtype=kind).view(np.uint8).reshape(len(rows), -1)


def _size(differences: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return each row's sum of differences taken as signed bytes."""
    return np.asarray(np.minimum(differences, -differences).sum(axis=1, dtype=np.uint32))
