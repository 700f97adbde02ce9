"""GIF: palettes (exact up to 256 colours, else median cut with dithering) and animations."""

import io
import struct

import numpy as np
from PIL import Image as Pillow

from convcli.imaging.image import Array, Frame, Image
from convcli.imaging.reading.gif_file import gif_file
from convcli.imaging.writing.patches import Patch, patches

__all__ = ["CLEAR", "encode_animation", "palette_picture"]

# Index of the transparent palette entry, in pictures with transparency.
CLEAR = 255
_REDUCED = "were reduced, with dithering"
# Pixels below which sorting them is faster than a table of all colours (measured).
_FEW_PIXELS = 1 << 17
# Values of the graphic control extension: disposal methods, shifted; the flag for transparency.
_LEAVE, _TO_BACKGROUND, _TRANSPARENT = 1 << 2, 2 << 2, 1


def encode_animation(image: Image, comment: bytes, notes: list[str]) -> bytes:
    """Return an animated GIF of 8-bit grey or RGB frames, one block for each frame, equal ones too.

    Frames hold what changed since the one before, with a palette of their own; in pictures with transparency,
    they are whole, and cleared before the next one.

    References
    ----------
    CompuServe, Graphics Interchange Format, Version 89a (1990).
    """
    height, width = image.frames[0].size
    clear = image.has_alpha
    parts, shared, of_frames = [b""], b"", list[str]()
    for index, patch in enumerate(patches(image.frames, whole=clear)):
        frame = image.frames[index] if clear else _with_holes(patch)
        picture = palette_picture(frame, of_frames)
        indices = np.array(picture)
        key = None if frame.alpha is None else int(indices[indices < CLEAR].max(initial=0)) + 1
        if key is not None:
            indices[indices == CLEAR] = key  # next to the colours, so that the table stays small
        size = max(1, int(indices.max()).bit_length())
        table = bytes(picture.getpalette() or ())[: 3 << size].ljust(3 << size, b"\0")
        if index == 0:
            shared = table
            parts[0] = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80 | (size - 1), 0, 0) + shared
            parts += [_loop(image.metadata.loop or 0), _comment(comment)]
        flags = (_TO_BACKGROUND if clear else _LEAVE) | (0 if key is None else _TRANSPARENT)
        time = _steps(patch.duration, notes)
        parts.append(struct.pack("<BBBBHBB", 0x21, 0xF9, 4, flags, time, key or 0, 0))
        local = b"" if table == shared else table
        place = (patch.left, patch.top, picture.width, picture.height)
        parts.append(struct.pack("<BHHHHB", 0x2C, *place, 0x80 | (size - 1) if local else 0))
        parts += [local, _packed(indices)]
    reduced = [note for note in of_frames if note.endswith(_REDUCED)]
    notes += [note for note in of_frames if note not in reduced]
    if reduced:
        notes.append(f"GIF holds 256 colours: those of {len(reduced)} frames {_REDUCED}")
    return b"".join((*parts, b";"))


def _with_holes(patch: Patch) -> Frame:
    """Return a patch whose pixels that stay are transparent, to compress better; not with 256 colours."""
    holes = None if patch.changed is None else np.where(patch.changed, np.uint8(255), np.uint8(0))
    if holes is None or holes.all() or _distinct(_as_numbers(patch.samples)[holes > 0]).size == CLEAR + 1:
        return Frame(patch.samples)
    return Frame(patch.samples, holes)


def _packed(indices: Array) -> bytes:
    """Return indices as Pillow compresses them, taken out of a GIF of this picture alone."""
    buffer = io.BytesIO()
    Pillow.fromarray(indices).save(buffer, "GIF", optimize=False, interlace=0)
    data = buffer.getvalue()
    alone = gif_file(data, 1).frames[0]
    return data[alone.start : alone.end]


def _loop(times: int) -> bytes:
    """Return the extension that says how often to play; without one, once. 0 is forever."""
    if times == 1:
        return b""
    return b"!\xff\x0bNETSCAPE2.0\3\1" + struct.pack("<H", min(times, 65535)) + b"\0"


def _comment(comment: bytes) -> bytes:
    blocks = [comment[start : start + 255] for start in range(0, len(comment), 255)]
    return b"!\xfe" + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0" if blocks else b""


def _steps(milliseconds: float, notes: list[str]) -> int:
    """Return a time in GIF's unit of 10 ms: at least 1, unless it is 0."""
    steps = min(max(round(milliseconds / 10), milliseconds > 0), 65535)
    if abs(milliseconds - 10 * steps) > 0.5:
        notes.append("GIF counts time in steps of 10 ms: durations are rounded")
    return int(steps)


def palette_picture(frame: Frame, notes: list[str]) -> Pillow.Image:
    """Return an 8-bit grey or RGB frame as a palette picture; losses are noted."""
    opaque = np.ones(frame.size, dtype=bool) if frame.alpha is None else frame.alpha >= 128
    if frame.alpha is not None and ((frame.alpha > 0) & (frame.alpha < 255)).any():
        notes.append("GIF transparency is all or nothing: opacity below a half became clear")
    limit = 256 if frame.alpha is None else CLEAR
    packed = _as_numbers(frame.pixels)
    colours = _distinct(packed[opaque])
    if colours.size <= limit:
        index = np.searchsorted(colours, packed).astype(np.uint8)
        palette = (colours[:, np.newaxis] >> np.array([16, 8, 0])).astype(np.uint8)
    else:
        notes.append(f"GIF holds {limit} colours: {colours.size} {_REDUCED}")
        index, palette = _reduced(frame.pixels, limit)
    index[~opaque] = CLEAR
    picture = Pillow.fromarray(index)
    picture.putpalette(palette.tobytes().ljust(768, b"\0"))
    return picture


def _as_numbers(pixels: Array) -> Array:
    """Return 8-bit grey or RGB pixels as one number each, 0xRRGGBB."""
    rgb = pixels if pixels.ndim == 3 else np.repeat(pixels[..., np.newaxis], 3, axis=2)
    red, green, blue = np.moveaxis(rgb, 2, 0).astype(np.uint32)  # each by itself: sums of three are slow
    return np.asarray(red << 16 | green << 8 | blue)


def _distinct(packed: Array) -> Array:
    """Return the colours that occur, ascending: of many pixels from a table of all 2**24, which is faster."""
    if packed.size < _FEW_PIXELS:
        return np.unique(packed)
    occurs = np.zeros(1 << 24, dtype=bool)
    occurs[packed] = True
    return np.flatnonzero(occurs)


def _reduced(pixels: Array, limit: int) -> tuple[Array, Array]:
    picture = Pillow.fromarray(np.ascontiguousarray(pixels)).convert("RGB")
    chosen = picture.quantize(limit, method=Pillow.Quantize.MEDIANCUT)
    dithered = picture.quantize(palette=chosen, dither=Pillow.Dither.FLOYDSTEINBERG)
    palette = np.array(dithered.getpalette("RGB"), dtype=np.uint8)[: limit * 3]
    return np.array(dithered), palette
