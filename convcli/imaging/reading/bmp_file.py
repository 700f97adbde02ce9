"""BMP of 2, 16 and 32 bits per pixel: Pillow knows few masks of channels, and rounds samples down.

References
----------
Microsoft, Windows GDI documentation: Bitmap Storage, BITMAPINFOHEADER, BITMAPV5HEADER.
"""

import struct
from typing import NamedTuple

import numpy as np

from convcli.imaging.image import Array, Decoded, Frame, Space, widened

__all__ = ["BmpFile", "bmp_file", "bmp_frame"]

# Sizes of headers since Windows 3.
_HEADERS = (40, 52, 56, 108, 124)
# Compressions: none; masks of red, green and blue; masks of these and of alpha.
_NONE, _MASKS, _ALPHA_MASKS = 0, 3, 6
# Masks where the file has none, by bits per pixel.
_USUAL = {16: (0x7C00, 0x3E0, 0x1F), 32: (0xFF0000, 0xFF00, 0xFF)}
# Where masks are: in the header, or after one of 40 bytes.
_MASKS_AT = 54


class BmpFile(NamedTuple):
    """The fields of the header; `masks` are the bits of red, green, blue and, if there is one, alpha."""

    width: int
    height: int
    top_first: bool
    bits: int
    masks: tuple[int, ...]
    palette: bytes
    start: int
    dpi: tuple[float, float]


def bmp_file(data: bytes) -> BmpFile | None:
    """Return the header of a BMP of 2, 16 or 32 bits without compression; None for all other files."""
    if not data.startswith(b"BM") or len(data) < _MASKS_AT + 16:
        return None
    start, size, width, height, _, bits, packed, _, *dpm, count = struct.unpack_from("<IIiiHHIIiiI", data, 10)
    masks: tuple[int, ...] = _USUAL.get(bits, ())
    if packed in (_MASKS, _ALPHA_MASKS):
        with_alpha = size >= 56 or packed == _ALPHA_MASKS
        masks = struct.unpack_from("<4I" if with_alpha else "<3I", data, _MASKS_AT)
        masks = masks[:3] if masks[-1] == 0 else masks
    usual = packed == _NONE if bits == 2 else bits in _USUAL and packed in (_NONE, _MASKS, _ALPHA_MASKS)
    if size not in _HEADERS or not usual or min(width, abs(height)) < 1 or 0 in masks:
        return None
    palette = data[14 + size : 14 + size + 4 * min(count or 4, 4)].ljust(16, b"\0")
    dpi = (dpm[0] * 0.0254, dpm[1] * 0.0254)
    return BmpFile(width, abs(height), height < 0, bits, masks, palette, start, dpi)


def bmp_frame(data: bytes, file: BmpFile) -> Decoded:
    """Return the pixels: samples of n bits are multiplied by (2^m - 1)/(2^n - 1), to 8 or 16 bits."""
    row = (file.width * file.bits + 31) // 32 * 4
    end = file.start + row * file.height
    if end > len(data):
        raise ValueError(f"its pixels end at byte {end}, the file at {len(data)}")
    rows = np.frombuffer(data, np.uint8, row * file.height, file.start).reshape(file.height, row)
    rows = rows if file.top_first else rows[::-1]
    if file.bits == 2:
        places = (rows[..., np.newaxis] >> np.array([6, 4, 2, 0], np.uint8) & 3).reshape(file.height, -1)
        colours = np.frombuffer(file.palette, np.uint8).reshape(4, 4)[:, 2::-1]
        return Frame(colours[places[:, : file.width]]), Space.RGB
    pixels = np.ascontiguousarray(rows).view(f"<u{file.bits // 8}")[:, : file.width]
    dtype = np.uint8 if max(mask.bit_count() for mask in file.masks) <= 8 else np.uint16
    red, green, blue, *alpha = (_channel(pixels, mask, dtype) for mask in file.masks)
    return Frame(np.dstack([red, green, blue]), alpha[0] if alpha else None), Space.RGB


def _channel(pixels: Array, mask: int, dtype: type[np.unsignedinteger]) -> Array:
    low = (mask & -mask).bit_length() - 1
    white = mask >> low
    if white & (white + 1) or white > 0xFFFF:
        # told as a kind that is not read, as Pillow's own
        raise NotImplementedError(f"the mask {mask:#x} of a channel")
    return widened((pixels & mask) >> low, white, dtype)
