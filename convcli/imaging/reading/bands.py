"""Open a picture whose rows are read when they are asked for: TIFF and Zarr."""

from convcli.choices import Layout
from convcli.imaging.bands import BandReader
from convcli.imaging.zarr_place import zarr_place

__all__ = ["open_bands"]


def open_bands(
    path: str, name: str, frame: int | None, layout: Layout = Layout.HWC, *, least: int = 0
) -> BandReader | None:
    """Return a reader of the picture at `path`; None for what is read whole.

    That are other formats, files of several pictures unless `frame` is one of them, and kinds of TIFF whose
    pieces cannot be decoded one by one.
    """
    if (place := zarr_place(path)) is not None:
        from convcli.imaging.reading.zarr_rows import open_zarr

        return open_zarr(place, name, frame, layout, least)
    try:
        with open(path, "rb") as file:
            head = file.read(4)
    except (OSError, ValueError):  # reading it whole says what is wrong
        return None
    if head in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        from convcli.imaging.reading.tiff_bands import open_tiff

        return open_tiff(path, name, frame)
    return None
