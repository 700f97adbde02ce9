"""TIFF pages through Pillow, with corrections for the kinds that it misreads."""

from collections.abc import Callable

import numpy as np
from PIL import ImageFile

from convcli.errors import ImageError
from convcli.imaging.image import Decoded, Frame, Space
from convcli.imaging.reading import pillow_16_bit, tifffile_reader
from convcli.imaging.reading.pillow_modes import from_pillow

__all__ = ["tiff_frame", "whole_pages"]

# Tags of a TIFF directory; bits of the value of _SUBFILE (Adobe, TIFF 6.0, 1992, section 8).
_SUBFILE, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 258, 259, 262
_SAMPLES, _PLANAR, _SAMPLE_FORMAT = 277, 284, 339
_STRIPS, _STRIP_SIZES, _TILES, _TILE_SIZES = 273, 279, 324, 325
_REDUCED, _MASK = 1, 4


def whole_pages(picture: ImageFile.ImageFile, indices: list[int], notes: list[str]) -> list[int]:
    """Return the indices of full-size pages, without reduced copies and masks (or all, if none is)."""
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


def tiff_frame(
    picture: ImageFile.ImageFile,
    data: bytes,
    index: int,
    reopen: Callable[[], ImageFile.ImageFile],
    name: str,
    notes: list[str],
) -> Decoded:
    """Load the page `index`, to which `picture` is positioned; `reopen` opens the file anew at that page."""
    _check_extent(picture, len(data), name)
    bits, samples = _tag(picture, _BITS, 1), _tag(picture, _SAMPLES, 1)
    signed = _tag(picture, _SAMPLE_FORMAT, 1) == 2
    white_is_zero = _tag(picture, _PHOTOMETRIC, 1) == 0
    if bits > 8 and samples > 1 and _tag(picture, _PLANAR, 1) == 2:
        return tifffile_reader.read_tiff(data, name, index, picture.width * picture.height, notes)[0][0]
    if pillow_16_bit.is_narrowed(picture):
        return pillow_16_bit.read_16_bit(reopen, notes)  # the orientation is applied by Pillow
    frame, space = from_pillow(picture, notes)
    pixels = frame.pixels
    if bits == 8 and samples == 1 and signed:
        return Frame(pixels.view(np.int8).astype(np.float32)), Space.DATA
    if bits == 32 and space is Space.DATA and not signed:
        return Frame(np.asarray(picture).view(np.uint32).astype(np.float64)), Space.DATA
    if bits == 12 and pixels.dtype == np.uint16:
        notes.append("12-bit samples were widened to 16")
        return Frame((pixels << 4) | (pixels >> 8)), Space.GRAY
    if bits == 16 and white_is_zero and pixels.dtype == np.uint16:
        return Frame(65535 - pixels), Space.GRAY
    kept = frame.channels + (frame.alpha is not None)
    if samples > kept and space is not Space.DATA and _tag(picture, _PHOTOMETRIC, 1) != 3:
        notes.append(f"{samples - kept} channels without a declared meaning are left out")
    return frame, space


def _check_extent(picture: ImageFile.ImageFile, length: int, name: str) -> None:
    """Refuse a compressed page that is cut off by the file's end: libtiff would print about it on stderr."""
    if _tag(picture, _COMPRESSION, 1) == 1:
        return  # uncompressed: Pillow reads these itself, and raises
    tags = getattr(picture, "tag_v2", {})
    for starts, sizes in ((_STRIPS, _STRIP_SIZES), (_TILES, _TILE_SIZES)):
        ends = (start + size for start, size in zip(tags.get(starts, ()), tags.get(sizes, ()), strict=False))
        end = max(ends, default=0)
        if end > length:
            raise ImageError(
                f"{name!r} is cut short: its pixels end at byte {end}, the file at {length}",
                hint="copy or download it once more",
            )
