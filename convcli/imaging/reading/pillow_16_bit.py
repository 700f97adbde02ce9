"""16-bit colour through Pillow, whose pictures of several channels have only 8 bits per sample.

Pillow's decoders unpack 16-bit samples to their high bytes. Asked for the other byte order, the same decoder
yields the low bytes; so two passes give both, exactly, for every compression that Pillow knows.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import ImageFile

from convcli.imaging.colour import unpremultiply
from convcli.imaging.image import Array, Decoded, Frame, Space

__all__ = ["convert_by_libtiff", "is_narrowed", "premultiplied", "read_16_bit"]

# Pillow's suffixes of raw modes for the two byte orders, and which is this machine's.
_NATIVE = "16L" if sys.byteorder == "little" else "16B"
_OTHER = {"16L": "16B", "16B": "16L"}
# Colour space by raw mode.
_SPACES = {"RGB": Space.RGB, "RGBX": Space.RGB, "RGBA": Space.RGB, "RGBa": Space.RGB, "CMYK": Space.CMYK}


def is_narrowed(picture: ImageFile.ImageFile) -> bool:
    """Whether Pillow, which has not loaded `picture` yet, would narrow its 16 bits to 8."""
    layout, _, order = _raw_mode(picture).partition(";")
    return (layout in _SPACES or layout == "LA") and order.startswith("16")


def _raw_mode(picture: ImageFile.ImageFile) -> str:
    arguments = picture.tile[0].args if picture.tile else None
    first = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return first if isinstance(first, str) else ""


def read_16_bit(reopen: Callable[[], ImageFile.ImageFile], notes: list[str]) -> Decoded:
    """Return a picture with all 16 bits; each call of `reopen` opens it anew, at the frame to be read."""
    with reopen() as picture:
        layout, _, order = _raw_mode(picture).partition(";")
        if layout == "LA":  # two 16-bit samples are the four bytes of an RGBA pixel
            four = _bytes_as(picture, "RGBA")
            pair = (four[..., 0::2].astype(np.uint16) << 8) | four[..., 1::2]
            return Frame(pair[..., 0].copy(), pair[..., 1].copy()), Space.GRAY
        order = _NATIVE if order == "16N" else order
        unpacked = "RGBA" if layout == "RGBa" else layout
        high = _bytes_as(picture, f"{unpacked};{order}")
    with reopen() as picture:
        samples = high.astype(np.uint16) << 8
        samples |= _bytes_as(picture, f"{unpacked};{_OTHER[order]}")
    if layout == "RGBX":
        notes.append("a fourth channel, whose meaning is not declared, is left out")
    if unpacked != "RGBA":
        return Frame(samples), _SPACES[layout]
    pixels, alpha = samples[..., :3].copy(), samples[..., 3].copy()
    if layout == "RGBa":
        pixels = unpremultiply(pixels, alpha)
    return Frame(pixels, alpha), Space.RGB


def premultiplied(picture: ImageFile.ImageFile) -> Array:
    """Return 8-bit colours as they are stored, multiplied by alpha: Pillow, which divides, does not round."""
    return _bytes_as(picture, "RGBA" + _raw_mode(picture).removeprefix("RGBa"))


def convert_by_libtiff(picture: Any) -> None:
    """Have uncompressed YCbCr converted by libtiff, which, unlike Pillow, knows how it is subsampled."""
    width, height = picture._tile_size
    arguments = ("RGBX", False, picture.tag_v2.offset)
    picture.tile = [
        picture.tile[0]._replace(
            codec_name="libtiff", extents=(0, 0, width, height), offset=0, args=arguments
        )
    ]
    picture._mode, picture.use_load_libtiff = "RGB", True


def _bytes_as(picture: ImageFile.ImageFile, raw_mode: str) -> Array:
    picture.tile = [
        tile._replace(args=raw_mode if isinstance(tile.args, str) else (raw_mode, *(tile.args or ())[1:]))
        for tile in picture.tile
    ]
    return np.asarray(picture)
