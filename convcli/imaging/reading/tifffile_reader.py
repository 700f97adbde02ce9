"""TIFF that Pillow cannot read, through tifffile (the extra `deep`)."""

import re
from math import ceil

import numpy as np

from convcli.errors import ImageError
from convcli.imaging.deep_extra import MORE_KINDS, tifffile_module
from convcli.imaging.image import Array
from convcli.imaging.reading.pillow_modes import oriented
from convcli.imaging.reading.tiff_opened import opened_at
from convcli.imaging.reading.tiff_page import CONVERTING, ROWS, STRIPS, Page, Photometric, not_converted

__all__ = ["stored_samples"]


# How errors begin that tell of a kind that is not read: NotImplementedError, as from Pillow itself.
_NEITHER = "neither Pillow nor tifffile reads"
# How tifffile says that it does not know a kind.
_UNKNOWN = re.compile("not supported|cannot decode")


def stored_samples(page: Page, name: str) -> Array:
    """Return the samples of `page` as (H, W) or (H, W, S), upright, by tifffile."""
    module = tifffile_module()
    if module is None:
        raise ImageError(f"{name!r} is a kind of TIFF that Pillow cannot read", hint=MORE_KINDS)
    if page.photometric == Photometric.YCBCR and page.samples > 1 and page.compression not in CONVERTING:
        raise not_converted(name)
    if page.bits == 24 and page.kind != 3:
        return oriented(_triples(page), page.orientation)
    with module.TiffFile(opened_at(page.directory)) as file:
        file.filehandle.seek(page.directory.at)
        found = module.TiffPage(file, 0)
        if found.dtype is None:
            raise NotImplementedError(f"{_NEITHER} {page.bits}-bit samples of format {page.kind}")
        if found.axes not in ("YX", "YXS", "SYX"):
            raise ImageError(
                f"{name!r} has a page with the axes {found.axes}", hint="pages must be flat pictures"
            )
        try:
            samples = np.asarray(found.asarray())
        except (NotImplementedError, KeyError, ValueError) as error:
            if isinstance(error, ValueError) and not _UNKNOWN.search(str(error)):
                raise
            raise NotImplementedError(f"{_NEITHER} it: {' '.join(str(error).split())[:100]}") from error
    samples = samples.astype(samples.dtype.newbyteorder("="), copy=False)
    return oriented(np.moveaxis(samples, 0, 2) if found.axes == "SYX" else samples, page.orientation)


def _triples(page: Page) -> Array:
    """Return integers of 24 bits in uncompressed strips: tifffile takes their bytes in the wrong order."""
    directory = page.directory
    if page.compression != 1 or STRIPS not in directory:
        raise NotImplementedError(f"{_NEITHER} 24-bit integers in tiles or compressed")
    planes = page.samples if page.planar else 1
    rows = min(max(directory.number(ROWS, page.height), 1), page.height)
    size, pieces = page.width * page.samples // planes * 3, ceil(page.height / rows)
    heights = [min(rows, page.height - rows * (piece % pieces)) for piece in range(planes * pieces)]
    starts = directory.numbers(STRIPS, len(heights)).tolist()
    content = b"".join(
        directory.data[start : start + height * size] for start, height in zip(starts, heights, strict=False)
    )
    order = (0, 1, 2) if directory.order == "<" else (2, 1, 0)
    triples = np.frombuffer(content, np.uint8).reshape(planes, page.height, page.width, -1, 3)[..., order]
    samples = np.moveaxis(triples.astype(np.uint32) @ np.array([1, 1 << 8, 1 << 16], np.uint32), 0, -1)
    signed: Array = (samples << 8).view(np.int32) >> 8 if page.kind == 2 else samples
    return signed.reshape(page.height, page.width, -1) if page.samples > 1 else signed[..., 0, 0]
