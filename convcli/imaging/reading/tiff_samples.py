"""Stored samples of a TIFF page become pixels: widened, inverted, looked up in a palette, without alpha."""

from typing import Any

import numpy as np

from convcli.errors import ImageError
from convcli.imaging.colour import unpremultiply
from convcli.imaging.image import Array, Decoded, Frame, Space, full_scale, widened
from convcli.imaging.reading.tiff_page import ASSOCIATED, Page, Photometric

__all__ = ["frame_of"]

# Tag of the palette: all reds, then all greens, then all blues, of 16 bits.
_COLOUR_MAP = 320
# Meaning of the colours by photometric interpretation and their number.
_SPACES: dict[tuple[int, int], Space] = {
    (Photometric.WHITE_IS_ZERO, 1): Space.GRAY,
    (Photometric.BLACK_IS_ZERO, 1): Space.GRAY,
    (Photometric.RGB, 3): Space.RGB,
    (Photometric.PALETTE, 1): Space.RGB,
    (Photometric.SEPARATED, 4): Space.CMYK,
    (Photometric.YCBCR, 1): Space.GRAY,
    (Photometric.YCBCR, 3): Space.RGB,  # readers convert it
    (Photometric.CIE_LAB, 1): Space.GRAY,
    (Photometric.CIE_LAB, 3): Space.RGB,
    (Photometric.ICC_LAB, 3): Space.RGB,
}


def frame_of(samples: Array, page: Page, name: str, notes: list[str]) -> Decoded:
    """Return the (H, W) or (H, W, S) samples of `page`, as they are stored, as pixels and their meaning.

    Unsigned integers of n bits are multiplied by ``(2^8 - 1) / (2^n - 1)`` up to 8 bits, by
    ``(2^16 - 1) / (2^n - 1)`` up to 16, and rounded. Signed ones, and those of more bits, become floats of
    the same value, without a colour.
    """
    if samples.dtype.kind not in "biuf":
        raise ImageError(f"{name!r} has samples of type {samples.dtype}", hint="use integers or floats")
    if samples.dtype.kind == "b":
        samples = samples.view(np.uint8)
    if page.predictor == 2 and samples.dtype.kind == "u" and page.bits % 8:
        samples = samples & samples.dtype.type((1 << page.bits) - 1)  # sums of differences begin again at 0
    count = 1 if samples.ndim == 2 else samples.shape[2]
    colours = page.colours if page.alpha or page.photometric > Photometric.BLACK_IS_ZERO else count
    space = _SPACES.get((page.photometric, colours), Space.DATA)
    is_data = samples.dtype.kind == "i" or (samples.dtype.kind == "u" and samples.dtype.itemsize > 2)
    if is_data or space is Space.DATA:
        if page.photometric == Photometric.WHITE_IS_ZERO:
            samples = _inverted(samples, page, notes)
        return Frame(_exact(samples, name) if is_data else _widened(samples, page, notes)), Space.DATA
    pixels, alpha = samples, None
    if count > colours:
        pixels = samples[..., 0] if colours == 1 else samples[..., :colours]
        alpha = _widened(samples[..., colours], page, notes) if page.alpha else None
        if left_out := page.samples - colours - bool(page.alpha):
            notes.append(f"{left_out} channels without a declared meaning are left out")
    pixels = _coloured(pixels, page, name, notes)
    if alpha is None:
        return Frame(pixels), space
    if alpha.dtype != pixels.dtype:  # a palette has colours of its own depth
        alpha = widened(alpha, int(full_scale(alpha.dtype)), pixels.dtype)
    return Frame(unpremultiply(pixels, alpha) if page.alpha == ASSOCIATED else pixels, alpha), space


def _coloured(pixels: Array, page: Page, name: str, notes: list[str]) -> Array:
    if page.photometric == Photometric.PALETTE:
        return _from_palette(pixels, page)
    if page.photometric in (Photometric.CIE_LAB, Photometric.ICC_LAB) and pixels.ndim == 3:
        return _from_lab(pixels, page, name, notes)
    if page.photometric == Photometric.WHITE_IS_ZERO:
        pixels = _inverted(pixels, page, notes)
    return _widened(pixels, page, notes)


def _inverted(samples: Array, page: Page, notes: list[str]) -> Array:
    if samples.dtype.kind == "u" and page.bits:
        return np.subtract((1 << page.bits) - 1, samples, dtype=samples.dtype.type)
    notes.append("the file says that white is 0: its numbers are kept as they are")
    return samples


def _widened(samples: Array, page: Page, notes: list[str]) -> Array:
    """Return unsigned integers of up to 16 bits as uint8 or uint16, floats as float32 or float64."""
    if samples.dtype.kind == "f":
        return samples.astype(np.float32 if samples.dtype.itemsize <= 4 else np.float64)
    wide: np.dtype[Any] = np.dtype(samples.dtype.type)
    if not page.bits:
        notes.append(f"samples of several sizes were widened to {8 * wide.itemsize} bits")
        return samples.astype(wide)
    if page.bits == 8 * wide.itemsize:
        return samples.astype(wide)
    if page.bits > 1:
        notes.append(f"{page.bits}-bit samples were widened to {8 * wide.itemsize}")
    return widened(samples, (1 << page.bits) - 1, wide)


def _exact(samples: Array, name: str) -> Array:
    """Return integers as floats of the same value."""
    exact = samples.astype(np.float32 if samples.dtype.itemsize <= 2 else np.float64)
    if samples.dtype.itemsize == 8 and not np.array_equal(exact.astype(samples.dtype), samples):
        raise ImageError(f"{name!r} has integers beyond 2**53", hint="scale them before saving")
    return exact


def _from_palette(indices: Array, page: Page) -> Array:
    """Return the colours, in 8 bits where all that the palette has are of 8."""
    entries = page.directory.numbers(_COLOUR_MAP, 3 << 16).astype(np.uint16)
    if entries.size < 3 << page.bits:
        raise ValueError("its palette is too short")
    palette = entries[: entries.size // 3 * 3].reshape(3, -1).T
    if palette.max() < 256:  # old programs wrote 8 bits; libtiff takes them for that too
        palette = palette.astype(np.uint8)
    elif not (palette & 255).any() or not (palette % 257).any():
        palette = (palette >> 8).astype(np.uint8)
    return np.ascontiguousarray(palette[indices])


def _from_lab(lab: Array, page: Page, name: str, notes: list[str]) -> Array:
    """Return L*a*b* as sRGB of the same depth.

    L* is 100 at 255 or 65535 (65280 in ICC's encoding of 16 bits); a* and b* are signed, or with an offset of
    128, in units of 1 or, in 16 bits, of 1/256 (TIFF 6.0, section 23; Technical Note 4).
    """
    from convcli.imaging.lab import lab_to_srgb  # here for start-up: Lab pictures are rare

    if page.bits not in (8, 16) or lab.dtype.kind != "u":
        raise ImageError(
            f"{name!r} holds L*a*b* colours of {page.bits}-bit {lab.dtype} samples, which are not converted",
            hint="libvips converts it: vips colourspace in.tif out.tif srgb",
        )
    notes.append("Lab colours were converted to sRGB")
    icc, unit = page.photometric == Photometric.ICC_LAB, 1 << (page.bits - 8)
    lightness = lab[..., 0] * (100.0 / (65280 if icc and page.bits == 16 else (1 << page.bits) - 1))
    chroma = (
        lab[..., 1:] / unit - 128.0 if icc else lab[..., 1:].view(f"i{unit.bit_length() // 8 + 1}") / unit
    )
    colours = lab_to_srgb(np.dstack([lightness, chroma]))
    full: Array = np.rint(colours * np.iinfo(lab.dtype).max)
    return full.astype(lab.dtype.type)
