"""TIFF that Pillow cannot read, through tifffile (the extra `deep`)."""

import io

import numpy as np

from convcli.errors import ImageError
from convcli.imaging.deep_extra import tifffile_module
from convcli.imaging.image import Array
from convcli.imaging.reading.pillow_modes import oriented
from convcli.imaging.reading.tiff_page import CONVERTING, Page, Photometric, not_converted

__all__ = ["stored_samples"]


def stored_samples(page: Page, name: str) -> Array:
    """Return the samples of `page` as (H, W) or (H, W, S), upright, by tifffile."""
    module = tifffile_module()
    if module is None:
        raise ImageError(
            f"{name!r} is a kind of TIFF that Pillow cannot read",
            hint="pip install 'convcli[deep]' brings a reader that knows more kinds",
        )
    if page.photometric == Photometric.YCBCR and page.samples > 1 and page.compression not in CONVERTING:
        raise not_converted(name)
    with module.TiffFile(io.BytesIO(page.directory.data)) as file:
        file.filehandle.seek(page.directory.at)
        found = module.TiffPage(file, 0)
        if found.axes not in ("YX", "YXS", "SYX"):
            raise ImageError(
                f"{name!r} has a page with the axes {found.axes}", hint="pages must be flat pictures"
            )
        try:
            samples = np.asarray(found.asarray())
        except (NotImplementedError, KeyError) as error:
            raise _unknown(name, str(error)) from error
        except ValueError as error:
            if "not supported" in str(error) or "cannot decode" in str(error):
                raise _unknown(name, str(error)) from error
            raise
    samples = samples.astype(samples.dtype.newbyteorder("="), copy=False)
    return oriented(np.moveaxis(samples, 0, 2) if found.axes == "SYX" else samples, page.orientation)


def _unknown(name: str, why: str) -> ImageError:
    reason = " ".join(why.split())
    return ImageError(
        f"{name!r} is a kind of TIFF that neither Pillow nor tifffile reads ({reason})",
        hint="libtiff's tiff2rgba or ImageMagick may convert it",
    )
