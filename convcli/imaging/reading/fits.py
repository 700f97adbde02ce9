"""FITS pictures: physical values of every BITPIX, planes of cubes, images in extensions.

References
----------
FITS Standard 4.0 (2018): 3.1 blocks of 2880 bytes, 4.1 cards, 4.4.2.5 BSCALE and BZERO, 5 stored values.
"""

import re
from math import isfinite, prod
from typing import NamedTuple

import numpy as np

from convcli.errors import ImageError
from convcli.imaging.image import Array, Frame, Image, Space
from convcli.imaging.reading.sniff import check_pixels, chosen_frames

__all__ = ["decode"]

_CARD, _BLOCK = 80, 2880
# How samples are stored, by BITPIX.
_STORED = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
_VALUE = re.compile(r"=\s*(?:'((?:[^']|'')*)'|([^/\s]+))")
# Largest integer up to which float64 holds every one.
_EXACT = 2**53


class _Unit(NamedTuple):
    """One header and data unit: its keywords, and where its data begin."""

    keywords: dict[str, str]
    start: int

    def number(self, key: str, default: float = 0) -> float:
        return float(self.keywords.get(key, str(default)).upper().replace("D", "E"))

    @property
    def shape(self) -> tuple[int, ...]:
        """The axes, slowest first, as NumPy and astropy order them."""
        count = int(self.number("NAXIS"))
        if not 0 <= count < 1000:
            raise ValueError(f"NAXIS = {count}")
        return tuple(int(self.number(f"NAXIS{axis}")) for axis in range(count, 0, -1))

    @property
    def bits(self) -> int:
        return int(self.number("BITPIX"))

    @property
    def size(self) -> int:
        """Bytes of data, without padding."""
        groups = self.keywords.get("GROUPS") == "T" and self.shape[-1:] == (0,)
        count = prod(self.shape[:-1] if groups else self.shape) if self.shape else 0
        return abs(self.bits) // 8 * int(self.number("GCOUNT", 1)) * (int(self.number("PCOUNT")) + count)

    @property
    def is_image(self) -> bool:
        pixels = prod(self.shape) if self.shape else 0
        return self.keywords.get("XTENSION", "IMAGE") == "IMAGE" and pixels > 0


def decode(data: bytes, name: str, frame: int | None, max_pixels: int) -> Image:
    """Return the first image of a file that begins with ``SIMPLE  =``: BZERO + BSCALE x stored.

    Rows are in the order in which they are stored, as astropy gives them; the planes of a cube are frames.
    """
    try:
        units = _units(data)
        image = next((unit for unit in units if unit.is_image or _is_compressed(unit)), None)
        if image is None:
            raise ImageError(
                f"{name!r} holds no image, only tables or headers",
                hint="astropy.table.Table.read reads tables",
            )
        if _is_compressed(image):
            raise ImageError(
                f"{name!r} holds a tile-compressed image", hint="funpack FILE (CFITSIO) unpacks it"
            )
        others = sum(unit.is_image or _is_compressed(unit) for unit in units) - 1
        planes = _planes(data, image, name, max_pixels, alone=frame is not None)
        values, space = _physical(planes[chosen_frames(frame, len(planes), name)], image, name)
    except (ValueError, OverflowError) as error:
        raise ImageError(
            f"{name!r} is damaged or cut short ({error})", hint="copy or download it once more"
        ) from error
    notes = ["rows are as stored: the first, which FITS viewers draw at the bottom, is at the top"]
    if len(planes) > 1 and frame is None:
        notes.append(f"the {len(planes)} planes of the cube are read as frames (--frame 0 reads the first)")
    if others:
        notes.append(f"only the first of {others + 1} images in the file is read")
    return Image(tuple(map(Frame, values)), space, format="fits", name=name, notes=tuple(notes))


def _units(data: bytes) -> list[_Unit]:
    units: list[_Unit] = []
    at = 0
    while at < len(data) and (data.startswith(b"XTENSION", at) or not units):
        keywords: dict[str, str] = {}
        while (card := data[at : at + _CARD].decode("latin-1")).rstrip() != "END":
            if len(card) < _CARD:
                raise ValueError("its header has no end")
            at += _CARD
            if found := _VALUE.match(card, 8):
                keywords.setdefault(card[:8].rstrip(), (found[1] or found[2] or "").rstrip())
        start = -(-(at + _CARD) // _BLOCK) * _BLOCK
        units.append(_Unit(keywords, start))
        if units[-1].size < 0:
            raise ValueError("a negative size")
        at = start + -(-units[-1].size // _BLOCK) * _BLOCK
    return units


def _is_compressed(unit: _Unit) -> bool:
    return unit.keywords.get("ZIMAGE") == "T"


def _planes(data: bytes, unit: _Unit, name: str, max_pixels: int, *, alone: bool) -> Array:
    """Return the stored samples as planes x H x W; one axis is a single row. `alone`: one plane is wanted."""
    if min(unit.shape) < 0 or unit.bits not in _STORED:
        raise ValueError(f"axes {unit.shape}, BITPIX {unit.bits}")
    *outer, height, width = (1, 1, *unit.shape)
    long = [length for length in outer if length > 1]
    if len(long) > 1:
        shape = " x ".join(map(str, unit.shape))
        raise ImageError(f"{name!r} has {shape} values", hint="save one cube or plane of it with astropy")
    check_pixels(name, width, height if alone else height * prod(long), max_pixels)
    if (end := unit.start + unit.size) > len(data):
        raise ValueError(f"its pixels end at byte {end}, the file at {len(data)}")
    stored = np.frombuffer(data, _STORED[unit.bits], prod(unit.shape), unit.start)
    return stored.reshape(prod(long), height, width)


def _physical(stored: Array, unit: _Unit, name: str) -> tuple[Array, Space]:
    """Return BZERO + BSCALE x `stored`; unsigned integers of 8 and 16 bits stay what they are."""
    zero, scale = unit.number("BZERO"), unit.number("BSCALE", 1)
    if not (isfinite(zero) and isfinite(scale)):
        raise ValueError(f"BZERO = {zero}, BSCALE = {scale}")
    integers = unit.bits > 0
    if not integers:
        missing = np.isnan(stored)
    elif "BLANK" in unit.keywords:
        missing = stored == int(unit.keywords["BLANK"])
    else:
        missing = np.zeros(0, bool)
    if missing.any():
        count, place = np.count_nonzero(missing), np.argwhere(missing)[0].tolist()
        raise ImageError(
            f"{name!r} has {count} pixels that are missing (BLANK or NaN); the first is at {place[-2:]}",
            hint="fill them first: astropy.convolution.interpolate_replace_nans does",
        )
    if scale == 1 and integers:
        if unit.bits == 8 and zero == 0:
            return stored.copy(), Space.GRAY
        if unit.bits == 16 and zero == 2**15:
            return (stored.astype(np.int32) + 2**15).astype(np.uint16), Space.GRAY
        if unit.bits == 16 and zero == 0:
            return stored.astype(np.float32), Space.DATA
        if unit.bits == 64 and zero == 2**63:  # unsigned, with the top bit turned over
            stored, zero = stored.astype(np.int64).view(np.uint64) ^ np.uint64(2**63), 0.0
    if unit.bits == 64 and (np.any(stored > _EXACT) or np.any(stored < -_EXACT)):
        raise ImageError(f"{name!r} has integers beyond 2**53", hint="scale them before saving")
    space = Space.DATA if integers else Space.GRAY
    if unit.bits == -32 and (zero, scale) == (0, 1):
        return stored.astype(np.float32), space
    with np.errstate(over="ignore"):
        return zero + scale * stored.astype(np.float64), space
