"""TIFF pages: the kinds that Pillow opens but would misread, put right."""

from collections.abc import Callable

import numpy as np
from PIL import ImageFile

from convcli.errors import ImageError
from convcli.imaging.image import Space
from convcli.imaging.reading import pillow_16_bit, tifffile_reader
from convcli.imaging.reading.pillow_modes import Raster, raster

__all__ = ["tiff_raster", "wanted_pages"]

_SUBFILE, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 258, 259, 262
_SAMPLES, _PLANAR, _SAMPLE_FORMAT = 277, 284, 339
_STRIPS, _STRIP_SIZES, _TILES, _TILE_SIZES = 273, 279, 324, 325
_REDUCED, _MASK = 1, 4


def wanted_pages(picture: ImageFile.ImageFile, indices: list[int], notes: list[str]) -> list[int]:
    """Return which pages are pictures of their own: not smaller copies of another, and not masks."""
    whole = []
    for index in indices:
        picture.seek(index)
        if not int(_tag(picture, _SUBFILE, 0)) & (_REDUCED | _MASK):
            whole.append(index)
    picture.seek(indices[0])
    if not whole or len(whole) == len(indices):
        return indices
    left_out = next(index for index in indices if index not in whole)
    notes.append(
        f"{len(indices) - len(whole)} reduced copies or masks are left out (--frame {left_out} reads one)"
    )
    if whole[0]:
        picture.seek(whole[0])
    return whole


def _tag(picture: ImageFile.ImageFile, tag: int, default: int) -> int:
    tags = getattr(picture, "tag_v2", {})
    value = tags.get(tag, default)
    return int(value[0] if isinstance(value, tuple) else value)


def tiff_raster(
    picture: ImageFile.ImageFile,
    data: bytes,
    index: int,
    again: Callable[[], ImageFile.ImageFile],
    name: str,
) -> Raster:
    """Load the page `index`, at which `picture` stands; `again` opens the file there once more.

    Raises
    ------
    ImageError
        It is cut short, or Pillow would misread it and tifffile is not installed.
    """
    _check_extent(picture, len(data), name)
    bits, samples = _tag(picture, _BITS, 1), _tag(picture, _SAMPLES, 1)
    signed = _tag(picture, _SAMPLE_FORMAT, 1) == 2
    dark_is_high = _tag(picture, _PHOTOMETRIC, 1) == 0
    if bits > 8 and samples > 1 and _tag(picture, _PLANAR, 1) == 2:
        return tifffile_reader.read_tiff(data, name, index, picture.width * picture.height)[0][0]
    if pillow_16_bit.is_sixteen(picture):
        return pillow_16_bit.read_sixteen(again)  # the orientation is applied by Pillow
    one = raster(picture)
    if bits == 8 and samples == 1 and signed:
        return Raster(one.pixels.view(np.int8).astype(np.float32), None, Space.DATA)
    if bits == 32 and one.space is Space.DATA and not signed:
        return Raster(np.asarray(picture).view(np.uint32).astype(np.float64), None, Space.DATA)
    if bits == 12 and one.pixels.dtype == np.uint16:
        wide = (one.pixels << 4) | (one.pixels >> 8)
        return Raster(wide, None, Space.GRAY, ("12-bit samples were widened to 16",))
    if bits == 16 and dark_is_high and one.pixels.dtype == np.uint16:
        return Raster(65535 - one.pixels, None, Space.GRAY)
    kept = (1 if one.pixels.ndim == 2 else one.pixels.shape[2]) + (one.alpha is not None)
    if samples > kept and one.space is not Space.DATA and _tag(picture, _PHOTOMETRIC, 1) != 3:
        lost = f"{samples - kept} channels without a declared meaning are left out"
        return Raster(one.pixels, one.alpha, one.space, (*one.notes, lost))
    return one


def _check_extent(picture: ImageFile.ImageFile, length: int, name: str) -> None:
    """Refuse a packed page that ends beyond the file's end: libtiff would write about it to stderr itself."""
    if _tag(picture, _COMPRESSION, 1) == 1:
        return  # Pillow unpacks these, and finds out
    tags = getattr(picture, "tag_v2", {})
    for starts, sizes in ((_STRIPS, _STRIP_SIZES), (_TILES, _TILE_SIZES)):
        ends = (start + size for start, size in zip(tags.get(starts, ()), tags.get(sizes, ()), strict=False))
        end = max(ends, default=0)
        if end > length:
            raise ImageError(
                f"{name!r} is cut short: its pixels end at byte {end}, the file at {length}",
                hint="copy or download it once more",
            )
