"""GIF palettes (exact up to 256 colours, else median cut with dithering) and frame durations."""

import numpy as np
from PIL import Image as Pillow

from convcli.imaging.image import Array, Frame

__all__ = ["CLEAR", "palette_pictures", "rounded_durations"]

# Index of the transparent palette entry, in pictures with transparency.
CLEAR = 255


def palette_pictures(frames: tuple[Frame, ...], notes: list[str]) -> list[Pillow.Image]:
    """Return 8-bit grey or RGB frames as palette pictures, each with its own palette; losses are noted."""
    return [_palette_picture(frame, notes) for frame in frames]


def _palette_picture(frame: Frame, notes: list[str]) -> Pillow.Image:
    rgb = frame.pixels if frame.pixels.ndim == 3 else np.repeat(frame.pixels[..., np.newaxis], 3, axis=2)
    opaque = np.ones(frame.size, dtype=bool) if frame.alpha is None else frame.alpha >= 128
    if frame.alpha is not None and ((frame.alpha > 0) & (frame.alpha < 255)).any():
        notes.append("GIF transparency is all or nothing: opacity below a half became clear")
    limit = 256 if frame.alpha is None else CLEAR
    packed = (rgb.astype(np.uint32) << np.array([16, 8, 0], dtype=np.uint32)).sum(axis=2, dtype=np.uint32)
    colours = _distinct(packed[opaque])
    if colours.size <= limit:
        index = np.searchsorted(colours, packed).astype(np.uint8)
        palette = (colours[:, np.newaxis] >> np.array([16, 8, 0])).astype(np.uint8)
    else:
        notes.append(f"GIF holds {limit} colours: {colours.size} were reduced, with dithering")
        index, palette = _reduced(rgb, limit)
    index[~opaque] = CLEAR
    picture = Pillow.fromarray(index)
    picture.putpalette(palette.tobytes().ljust(768, b"\0"))
    return picture


def _distinct(packed: Array) -> Array:
    """Return the colours that occur, ascending, from a table of all 2**24: faster than sorting pixels."""
    occurs = np.zeros(1 << 24, dtype=bool)
    occurs[packed] = True
    return np.flatnonzero(occurs)


def _reduced(rgb: Array, limit: int) -> tuple[Array, Array]:
    picture = Pillow.fromarray(np.ascontiguousarray(rgb))
    chosen = picture.quantize(limit, method=Pillow.Quantize.MEDIANCUT)
    dithered = picture.quantize(palette=chosen, dither=Pillow.Dither.FLOYDSTEINBERG)
    palette = np.array(dithered.getpalette("RGB"), dtype=np.uint8)[: limit * 3]
    return np.array(dithered), palette


def rounded_durations(durations: list[float], notes: list[str]) -> list[int]:
    """Return durations in ms rounded to multiples of 10 ms, GIF's unit, at least 10 each."""
    rounded = [max(10, round(time / 10) * 10) for time in durations]
    if any(abs(given - kept) > 0.5 for given, kept in zip(durations, rounded, strict=True)):
        notes.append("GIF counts time in steps of 10 ms: durations are rounded")
    return rounded
