"""Read PFM, and PGM and PPM of more than 8 bits, which Pillow narrows to 8 bits or does not know.

References
----------
The netpbm manual pages pgm(5), ppm(5) and pfm(5).
"""

import re

import numpy as np

from convcli.errors import ImageError
from convcli.imaging.image import Array, Decoded, Frame, Space
from convcli.imaging.reading.sniff import too_large

__all__ = ["decode", "is_deep"]

# White space and comments between the fields of a header.
_SPACE = rb"(?:\s|#[^\r\n]*[\r\n])+"
_HEADER = re.compile(
    rb"(P[2356])" + _SPACE + rb"(\d{1,9})" + _SPACE + rb"(\d{1,9})" + _SPACE + rb"(\d{1,9})\s"
)
_FLOAT_HEADER = re.compile(rb"(P[fF])\s+(\d{1,9})\s+(\d{1,9})\s+([-+0-9.eE]{1,32})\s")


def is_deep(data: bytes) -> bool:
    """Whether this is a PFM, or a PGM or PPM of more than 8 bits."""
    if data[:2] in (b"Pf", b"PF"):
        return True
    header = _HEADER.match(data[:4096])
    return header is not None and int(header[4]) > 255


def decode(data: bytes, name: str, max_pixels: int) -> Decoded:
    """Decode a file for which `is_deep` is true: to uint16, white being 65535, or to float32."""
    floats = data[:2] in (b"Pf", b"PF")
    header = (_FLOAT_HEADER if floats else _HEADER).match(data[:4096])
    if header is None:
        raise ImageError(
            f"{name!r} has a damaged header", hint="it should say P5, P6, Pf or PF, then width and height"
        )
    width, height = int(header[2]), int(header[3])
    channels = 3 if header[1] in (b"P3", b"P6", b"PF") else 1
    if width * height > max_pixels:
        raise too_large(name, (width, height), max_pixels)
    if width * height == 0:
        raise ImageError(f"{name!r} has no pixels ({width} x {height})", hint="both sides must be above 0")
    count = width * height * channels
    body = memoryview(data)[header.end() :]
    samples = _floats(body, count, header[4]) if floats else _integers(body, count, header)
    if samples.size < count:
        raise ImageError(
            f"{name!r} is cut short: {samples.size} of {count} samples", hint="copy or download it once more"
        )
    pixels = samples.reshape((height, width) if channels == 1 else (height, width, channels))
    if floats:
        pixels = np.ascontiguousarray(pixels[::-1])  # PFM stores the bottom row first
    return Frame(pixels), Space.RGB if channels == 3 else Space.GRAY


def _floats(body: memoryview, count: int, scale: bytes) -> Array:
    order = "<f4" if float(scale) < 0 else ">f4"
    return np.frombuffer(body[: min(len(body) // 4, count) * 4], dtype=order).astype(np.float32)


def _integers(body: memoryview, count: int, header: re.Match[bytes]) -> Array:
    white = int(header[4])
    if white > 65535:
        raise ValueError(f"white is {white}, more than 65535")
    if header[1] in (b"P2", b"P3"):
        words = re.sub(rb"#[^\r\n]*", b"", bytes(body)).split(maxsplit=count)[:count]
        samples = np.array(words, dtype=np.uint32) if words else np.empty(0, np.uint32)
    else:
        samples = np.frombuffer(body[: min(len(body) // 2, count) * 2], dtype=">u2").astype(np.uint32)
    if white == 65535:
        return np.minimum(samples, 65535).astype(np.uint16)
    return ((np.minimum(samples, white) * 65535 + white // 2) // white).astype(np.uint16)
