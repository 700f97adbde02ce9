"""Open a picture whose rows are read when they are asked for: TIFF and Zarr."""

import os

import numpy as np

from convcli.choices import MAX_PIXELS, Layout
from convcli.errors import ImageError
from convcli.imaging.bands import BandReader
from convcli.imaging.image import Image
from convcli.imaging.reading.sniff import check_pixels
from convcli.imaging.zarr.zarr_place import zarr_place

__all__ = ["check_read", "finite_rows", "open_bands"]

# Pixels for each byte of a file, at most, beyond the usual limit of pixels: a blank one packs a thousand.
_PIXELS_PER_BYTE = 2000


def open_bands(
    path: str,
    name: str,
    frame: int | None,
    layout: Layout = Layout.HWC,
    *,
    least: int = 0,
    jobs: int | None = None,
) -> BandReader | None:
    """Return a reader of the picture at `path` that decodes by `jobs` threads; None for what is read whole.

    Read whole are other formats, pictures of fewer samples than `least`, files of several pictures unless
    `frame` is one of them, and kinds of TIFF whose pieces cannot be decoded one by one.
    """
    if (place := zarr_place(path)) is not None:
        from convcli.imaging.reading.zarr_rows import open_zarr

        return open_zarr(place, name, frame, layout, least)
    try:
        if not os.path.isfile(path):  # a pipe is read once, and as a whole
            return None
        with open(path, "rb") as file:
            head = file.read(4)
    except (OSError, ValueError):  # reading it whole says what is wrong
        return None
    if head in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        from convcli.imaging.reading.tiff_bands import open_tiff

        return open_tiff(path, name, frame, least, jobs)
    return None


def check_read(reader: BandReader, max_pixels: int) -> None:
    """Refuse pictures above a limit that was asked for, and files too small for what they claim to hold.

    What is read in bands needs no more memory for more pixels, so that the usual limit does not hold.
    """
    (frame,) = reader.header.frames
    height, width = frame.size
    if max_pixels != MAX_PIXELS:
        check_pixels(reader.header.name, width, height, max_pixels)
    elif height * width > max(MAX_PIXELS, _PIXELS_PER_BYTE * reader.packed):
        raise ImageError(
            f"{reader.header.name!r} claims {width} x {height} pixels in {reader.packed} bytes",
            hint="if it is meant to be that large, raise the limit with --max-pixels",
        )


def finite_rows(reader: BandReader, first: int, end: int) -> Image:
    """Return rows of the picture; refuse values that are not finite, as of pictures that are read whole."""
    rows = reader.rows(first, end)
    pixels = rows.frames[0].pixels
    if pixels.dtype.kind == "f" and not (finite := np.isfinite(pixels)).all():
        row, *rest = (int(index) for index in np.argwhere(~finite)[0])
        at, value = ", ".join(map(str, (first + row, *rest))), pixels[(row, *rest)]
        raise ImageError(
            f"{reader.header.name!r} has values that are not finite; the first, {value}, is at [{at}]",
            hint="replace them first: numpy.nan_to_num does",
        )
    return rows
