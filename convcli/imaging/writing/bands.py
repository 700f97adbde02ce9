"""Open a file that is written in bands of rows: TIFF and Zarr."""

from convcli.choices import Compress, Layout
from convcli.imaging.bands import BandWriter, Storage
from convcli.imaging.formats import Format
from convcli.imaging.image import Image

__all__ = ["band_writer", "has_pieces"]


def has_pieces(format: Format, path: str = "") -> bool:
    """Whether files of `format` hold tiles or chunks and levels, and are written band by band.

    A Zarr store at a `path` of a zip file is written as a whole.
    """
    return format.name in ("tiff", "zarr") and not path.lower().endswith(".zip")


def band_writer(
    path: str,
    format: Format,
    header: Image,
    storage: Storage,
    *,
    levels: int = 1,
    compress: Compress = Compress.FAST,
    replace: bool = True,
    again: bool = False,
    jobs: int | None = None,
    layout: Layout = Layout.HWC,
) -> BandWriter:
    """Return a writer of a picture of which `header` says all but the pixels.

    Parameters
    ----------
    storage : Storage
        How the file is to hold its samples: as the input does, but for ``--tile``.
    levels : int
        Of the pyramid, each made of the 2 x 2 means of the one before; 1 is the picture alone.
    replace : bool
        Whether a file of that name is replaced.
    again : bool
        Whether one that is there and turns out to have the same bytes counts as written.
    layout : Layout
        Order of the axes in a Zarr array that was none before.
    """
    if format.name == "zarr":
        from convcli.imaging.writing.zarr_folder import ZarrBands

        return ZarrBands(
            path,
            header,
            storage,
            levels=levels,
            compress=compress,
            replace=replace,
            again=again,
            layout=layout,
        )
    from convcli.imaging.writing.tiff_bands import TiffBands

    assert format.name == "tiff"
    return TiffBands(
        path, header, storage, levels=levels, compress=compress, replace=replace, again=again, jobs=jobs
    )
