"""JPEG 2000 of every depth, signed or unsigned: by Pillow where it keeps the bits, else by imagecodecs."""

import struct
from typing import NamedTuple

import numpy as np
from PIL import ImageFile

from convcli.imaging.deep_extra import KEEPS
from convcli.imaging.image import Array, Decoded, Frame, Space, widened
from convcli.imaging.reading.pillow_modes import from_pillow

__all__ = ["jpeg2000_frame"]

# The first markers of a codestream: SOC and SIZ.
_CODESTREAM = b"\xff\x4f\xff\x51"
# Colour space by Pillow's mode.
_SPACES = {"RGB": Space.RGB, "RGBA": Space.RGB, "CMYK": Space.CMYK}


class _Component(NamedTuple):
    """How one component is stored."""

    bits: int
    signed: bool
    subsampled: bool


def jpeg2000_frame(picture: ImageFile.ImageFile, data: bytes, notes: list[str]) -> Decoded:
    """Load a picture: other depths are widened to 8 or 16 bits, white to white; signed samples are data."""
    components = _components(data)
    kinds = {(one.bits, one.signed) for one in components}
    most = max((one.bits for one in components), default=8)
    if picture.mode not in ("P", "PA") and b"pclr" in data[: data.find(_CODESTREAM)]:
        # told as a kind that is not read, as Pillow's own
        raise NotImplementedError("a palette of grey, or of more than 8 bits")
    if picture.mode == "P" and most < 8:  # Pillow shifts indices of a palette too
        return from_pillow(picture.point([index >> (8 - most) for index in range(256)]), notes)
    usual = kinds <= {(8, False)} or picture.mode in ("P", "PA")
    if usual or (most <= 8 and len(kinds) > 1):  # luma unsigned, chroma signed
        return from_pillow(picture, notes)
    room = 16 if picture.mode == "I;16" else 8
    if len(kinds) == 1 and most <= room:
        stored = _shifted_back(np.asarray(picture), most, components[0].signed)
    elif any(one.subsampled for one in components) or (exact := _by_imagecodecs(data, picture.size)) is None:
        notes.append(f"{most}-bit JPEG 2000 is read as {room}-bit: {KEEPS}")
        return from_pillow(picture, notes)
    else:
        stored = exact
    space = _SPACES.get(picture.mode, Space.GRAY)
    if stored.dtype.kind == "i" or most > 16:
        return Frame(stored.astype(np.float32 if most <= 16 else np.float64)), Space.DATA
    dtype = np.uint8 if most <= 8 else np.uint16
    samples = widened(stored, (1 << most) - 1, dtype)
    if stored.ndim == 3:
        parts = zip(np.moveaxis(stored, 2, 0), components, strict=True)
        samples = np.dstack([widened(part, (1 << one.bits) - 1, dtype) for part, one in parts])
    colours = {Space.RGB: 3, Space.CMYK: 4}.get(space, 1)
    if samples.ndim == 2 or samples.shape[2] == colours:
        return Frame(samples), space
    pixels = samples[..., 0] if colours == 1 else samples[..., :colours]
    return Frame(pixels.copy(), samples[..., colours].copy()), space


def _components(data: bytes) -> list[_Component]:
    """Return what the SIZ marker says; nothing if there is none."""
    head = _size_marker(data)
    count = int.from_bytes(head[36:38], "big")
    entries = [head[at : at + 3] for at in range(38, 38 + 3 * min(count, 16), 3)]
    return [
        _Component((ssiz & 0x7F) + 1, ssiz > 0x7F, (across, down) != (1, 1))
        for ssiz, across, down in (entry for entry in entries if len(entry) == 3)
    ]


def _size_marker(data: bytes) -> bytes:
    """Return the SIZ marker from its length on (ITU-T T.800, A.5.1)."""
    start = data.find(_CODESTREAM)
    return data[start + 4 : start + 4 + 100] if start >= 0 else b""


def _shifted_back(loaded: Array, bits: int, signed: bool) -> Array:
    """Undo what Pillow does: it shifts samples up to 8 or 16 bits, and signed ones to begin at 0."""
    stored = loaded >> (8 * loaded.dtype.itemsize - bits)
    return stored.astype(np.int32) - (1 << (bits - 1)) if signed else stored


def _by_imagecodecs(data: bytes, size: tuple[int, int]) -> Array | None:
    """Return the samples, or None without the extra; `size` is what the header said, and was checked."""
    try:
        import imagecodecs  # the optional extra `deep`
    except ImportError:
        return None
    right, bottom, left, top = struct.unpack_from(">4I", _size_marker(data), 4)
    if (right - left, bottom - top) != size:
        raise ValueError(f"{size[0]} x {size[1]} pixels in the header, others in the codestream")
    return np.asarray(imagecodecs.jpeg2k_decode(data))
