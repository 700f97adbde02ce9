"""Write PNG files of 16 bits per sample in more than one channel, which Pillow cannot.

References
----------
W3C, Portable Network Graphics (PNG) Specification (Third Edition): 9 (filtering), 11 (chunks).
"""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from convcli.imaging.image import Array
from convcli.vocab import Compress

__all__ = ["Chunks", "encode_sixteen"]

Chunks = list[tuple[bytes, bytes]]

_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
_SUB, _UP = 1, 2
_STRATEGY = {
    Compress.FAST: (6, zlib.Z_RLE),
    Compress.SMALL: (9, zlib.Z_DEFAULT_STRATEGY),
    Compress.NONE: (0, zlib.Z_DEFAULT_STRATEGY),
}


def encode_sixteen(samples: Array, compress: Compress, chunks: Chunks) -> bytes:
    """Return the file for (H, W, 2 to 4) uint16 samples, with `chunks` (type, content) before the pixels."""
    height, width, channels = samples.shape
    header = struct.pack(">IIBBBBB", width, height, 16, _COLOUR_TYPES[channels], 0, 0, 0)
    level, strategy = _STRATEGY[compress]
    packer = zlib.compressobj(level, zlib.DEFLATED, 15, 9, strategy)
    packed = packer.compress(_filtered(samples).data) + packer.flush()
    parts = [(b"IHDR", header), *chunks, (b"IDAT", packed), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _filtered(samples: Array) -> NDArray[np.uint8]:
    """Return each row as differences to the left or to above, whichever are smaller in sum."""
    height, width, channels = samples.shape
    raw = np.ascontiguousarray(samples, dtype=">u2").view(np.uint8).reshape(height, -1)
    step = 2 * channels
    left, above = raw.copy(), raw.copy()
    left[:, step:] -= raw[:, :-step] if width > 1 else 0
    above[1:] -= raw[:-1]
    use_above = _size(above) < _size(left)
    result = np.empty((height, 1 + raw.shape[1]), dtype=np.uint8)
    result[:, 0] = np.where(use_above, _UP, _SUB)
    result[:, 1:] = np.where(use_above[:, np.newaxis], above, left)
    return result


def _size(differences: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return each row's sum of differences taken as signed bytes."""
    magnitude = np.minimum(differences, np.negative(differences))
    return np.asarray(magnitude.sum(axis=1, dtype=np.int64))
