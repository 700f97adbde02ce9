"""TIFF that Pillow cannot read, through tifffile (the extra `deep`)."""

import io
from typing import Any

import numpy as np

from convcli.errors import ImageError
from convcli.imaging.colour import unpremultiply
from convcli.imaging.deep_extra import tifffile_module
from convcli.imaging.image import Array, Decoded, Frame, Space
from convcli.imaging.metadata import ORIENTATION, Metadata, exif_of_tiff
from convcli.imaging.reading.pillow_modes import oriented
from convcli.imaging.reading.sniff import too_large

__all__ = ["read_tiff"]

# Photometric interpretations, kinds of extra samples (alpha), and tags (Adobe, TIFF 6.0, 1992, section 8).
_RGB, _SEPARATED, _WHITE_IS_ZERO = 2, 5, 0
_ASSOCIATED, _UNASSOCIATED = 1, 2
_X_RESOLUTION, _Y_RESOLUTION, _UNIT, _XMP, _ICC = 282, 283, 296, 700, 34675


def read_tiff(
    data: bytes, name: str, frame: int | None, max_pixels: int, notes: list[str]
) -> tuple[list[Decoded], Metadata]:
    """Return all full-size pages of a TIFF, or page `frame` alone, upright, and the metadata."""
    module = tifffile_module()
    if module is None:
        raise ImageError(
            f"{name!r} is a kind of TIFF that Pillow cannot read",
            hint="pip install 'convcli[deep]' brings a reader that knows more kinds",
        )
    with module.TiffFile(io.BytesIO(data)) as file:
        count = len(file.pages)
        if frame is not None and frame >= count:
            raise ImageError(f"{name!r} has no frame {frame}", hint=f"it has {count}, counted from 0")
        if count == 0:
            raise ImageError(f"{name!r} has no pages", hint="was the copy or download cut short?")
        pages = [file.pages[index] for index in ([frame] if frame is not None else range(count))]
        whole = [page for page in pages if frame is not None or not page.is_reduced] or pages
        return [_page(page, name, max_pixels, notes) for page in whole], _metadata(whole[0], data)


def _metadata(page: Any, data: bytes) -> Metadata:
    def value(tag: int) -> Any:
        found = page.tags.get(tag)
        return None if found is None else found.value

    icc, xmp, unit = value(_ICC), value(_XMP), value(_UNIT)
    across, down = value(_X_RESOLUTION), value(_Y_RESOLUTION)
    known = unit in (2, 3) and across and down and across[1] and down[1]
    scale = 2.54 if unit == 3 else 1.0
    return Metadata(
        icc=icc if isinstance(icc, bytes) else None,
        exif=exif_of_tiff(data),
        xmp=xmp if isinstance(xmp, bytes) else None,
        dpi=(across[0] / across[1] * scale, down[0] / down[1] * scale) if known else None,
    )


def _page(page: Any, name: str, max_pixels: int, notes: list[str]) -> Decoded:
    if page.imagewidth * page.imagelength > max_pixels:
        raise too_large(name, (page.imagewidth, page.imagelength), max_pixels)
    if page.axes not in ("YX", "YXS", "SYX"):
        raise ImageError(f"{name!r} has a page with the axes {page.axes}", hint="pages must be flat pictures")
    samples, is_data = _native(page.asarray(), name)
    if page.axes == "SYX":
        samples = np.moveaxis(samples, 0, 2)
    orientation = page.tags.get(ORIENTATION)
    samples = oriented(samples, int(orientation.value) if orientation is not None else 1)
    kinds = tuple(int(kind) for kind in page.extrasamples)
    photometric = int(page.photometric)
    if photometric == _WHITE_IS_ZERO and samples.dtype.kind == "u":
        samples = np.iinfo(samples.dtype).max - samples
    if samples.ndim == 2:
        return Frame(np.ascontiguousarray(samples)), Space.DATA if is_data else Space.GRAY
    colours = samples.shape[2] - len(kinds)
    if photometric == _RGB and samples.shape[2] == 4 and not kinds:
        colours, kinds = 3, (_UNASSOCIATED,)
    space = {(_RGB, 3): Space.RGB, (_SEPARATED, 4): Space.CMYK}.get((photometric, colours), Space.DATA)
    space = Space.GRAY if colours == 1 and kinds and kinds[0] in (_ASSOCIATED, _UNASSOCIATED) else space
    if space is Space.DATA or is_data:
        return Frame(np.ascontiguousarray(samples)), Space.DATA
    pixels = np.ascontiguousarray(samples[..., 0] if colours == 1 else samples[..., :colours])
    if not kinds or kinds[0] not in (_ASSOCIATED, _UNASSOCIATED):
        if kinds:
            notes.append(f"{len(kinds)} channels without a declared meaning are left out")
        return Frame(pixels), space
    alpha = np.ascontiguousarray(samples[..., colours])
    if kinds[0] == _ASSOCIATED:
        pixels = unpremultiply(pixels, alpha)
    return Frame(pixels, alpha), space


def _native(stored: Array, name: str) -> tuple[Array, bool]:
    """Return samples as uint8, uint16, float32 or float64, and whether they were integers of another type."""
    kind, size = stored.dtype.kind, stored.dtype.itemsize
    if kind == "b":
        return stored.astype(np.uint8) * np.uint8(255), False
    if kind == "u" and size <= 2:
        return stored.astype(stored.dtype.newbyteorder("=")), False
    if kind in "iu":
        exact = stored.astype(np.float32 if size <= 2 else np.float64)
        if size == 8 and not np.array_equal(exact.astype(stored.dtype), stored):
            raise ImageError(f"{name!r} has integers beyond 2**53", hint="scale them before saving")
        return exact, True
    if kind == "f":
        return stored.astype(np.float32 if size <= 4 else np.float64), False
    raise ImageError(f"{name!r} has samples of type {stored.dtype}", hint="use integers or floats")
