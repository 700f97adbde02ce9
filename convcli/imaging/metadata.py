"""ICC profile, EXIF, XMP, resolution and text of a picture file: read through Pillow, adapted for writing."""

import re
from math import isfinite
from typing import Any, NamedTuple

from PIL import Image as Pillow

from convcli.imaging.exif import cleaned, exif_orientation
from convcli.imaging.zarr.zarr_layout import ZarrLayout

__all__ = [
    "DESCRIPTIVE",
    "GEO",
    "ICC",
    "Metadata",
    "as_comment",
    "collect",
    "iptc_of",
    "orientation",
    "profile_for",
    "usable_dpi",
    "without_orientation",
]

# Number of the image resource that holds IPTC-IIM.
_IPTC = b"\x04\x04"

# The tags of a TIFF directory that describe the picture; the others say how its pixels are stored. In order:
# description, make, model, software, date, artist, host, copyright, the EXIF and the GPS directory.
DESCRIPTIVE = {270, 271, 272, 305, 306, 315, 316, 33432, 34665, 34853}
# Tag of the ICC profile.
ICC = 34675
# Tags of GeoTIFF that place pixels (OGC 19-008r4): scale, tie points, matrix.
GEO = {33550, 33922, 34264}
# The orientation in XMP, as an attribute or an element.
_ORIENTATION_IN_XMP = re.compile(
    rb"""\s+tiff:Orientation=["']([0-9])["']|<tiff:Orientation>([0-9])</tiff:Orientation>"""
)


class Metadata(NamedTuple):
    """ICC profile, resolution, EXIF, XMP, text, and how frames and colours were stored.

    Attributes
    ----------
    icc, exif, xmp : bytes, optional
        As in the file; the orientation is cleared from EXIF and XMP, since it has been applied, and the
        thumbnail from EXIF, since it shows the unfiltered picture.
    dpi : (horizontal, vertical), optional
        Pixels per inch.
    text : pairs of keyword and text
    loop : int, optional
        Number of times an animation plays; 0 is forever.
    gamma : float, optional
        The exponent of a PNG's gAMA chunk.
    subsampling : int, optional
        Chroma subsampling of a JPEG, as Pillow codes it: 0 is 4:4:4, 1 is 4:2:2, 2 is 4:2:0.
    tables : tuple of tuples of 64 ints
        Quantisation tables of a JPEG, one for each component: they are its quality.
    iptc : bytes, optional
        IPTC-IIM records: headline, caption, keywords.
    colours : pairs of name and content
        A PNG's chunks cHRM, sRGB and cICP, about the meaning of its colours.
    coding : str
        How the pixels were coded: ``progressive`` or ``arithmetic`` (JPEG), ``lossy`` (WebP), else ``""``.
    zarr : ZarrLayout, optional
        How a Zarr array is stored.
    """

    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    text: tuple[tuple[str, str], ...] = ()
    loop: int | None = None
    gamma: float | None = None
    subsampling: int | None = None
    tables: tuple[tuple[int, ...], ...] = ()
    iptc: bytes | None = None
    colours: tuple[tuple[str, bytes], ...] = ()
    coding: str = ""
    zarr: ZarrLayout | None = None


def collect(picture: Pillow.Image, notes: list[str]) -> Metadata:
    """Return the metadata of `picture`; damaged parts are left out and noted."""
    info = picture.info
    icc = info.get("icc_profile")
    loop = info.get("loop")
    gamma = info.get("gamma")
    exif = info.get("exif")
    return Metadata(
        icc=icc if isinstance(icc, bytes) and icc else None,
        dpi=usable_dpi(info.get("dpi")),
        exif=cleaned(exif, notes) if isinstance(exif, bytes) and exif else None,
        xmp=without_orientation(_xmp(info)),
        text=as_comment(info.get("comment")),
        loop=loop if isinstance(loop, int) else None,
        gamma=gamma if isinstance(gamma, float) and gamma > 0 else None,
        subsampling=_subsampling(picture),
        tables=_tables(picture),
    )


def orientation(picture: Pillow.Image) -> int:
    """Return the orientation in EXIF, else in XMP, 1 to 8; 1 where there is none or it is damaged."""
    exif = picture.info.get("exif")
    found = exif_orientation(exif) if isinstance(exif, bytes) else 0
    if not found and (told := _ORIENTATION_IN_XMP.search(_xmp(picture.info) or b"")):
        found = int(told[1] or told[2])
    return found if 1 <= found <= 8 else 1


def _subsampling(picture: Pillow.Image) -> int | None:
    if picture.format not in ("JPEG", "MPO") or picture.mode != "RGB":
        return None
    from PIL.JpegImagePlugin import get_sampling  # here for start-up

    sampling: int = get_sampling(picture)
    return sampling if sampling in (0, 1, 2) else None


def _tables(picture: Pillow.Image) -> tuple[tuple[int, ...], ...]:
    """Return the tables of a JPEG's components, in the order of rows; of YCCK that of luma for all."""
    if picture.format not in ("JPEG", "MPO"):
        return ()
    found: dict[int, list[int]] = getattr(picture, "quantization", {})
    tables = [tuple(found.get(table, ())) for _, _, _, table in getattr(picture, "layer", ())]
    if picture.info.get("adobe_transform") == 2:  # it is written as CMYK
        tables = tables[:1] * len(tables)
    return tuple(tables) if all(len(table) == 64 for table in tables) else ()


def usable_dpi(given: Any) -> tuple[float, float] | None:
    """Return a pair of resolutions as floats, None where they say nothing."""
    try:
        across, down = float(given[0]), float(given[1])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    if not (isfinite(across) and isfinite(down)) or min(across, down) <= 1:
        return None  # files of unknown resolution say 1
    return (across, down)


def _xmp(info: dict[Any, Any]) -> bytes | None:
    xmp = info.get("xmp", info.get("XML:com.adobe.xmp"))
    if isinstance(xmp, str):
        xmp = xmp.encode("utf-8", "surrogateescape")
    return xmp if isinstance(xmp, bytes) and xmp else None


def without_orientation(xmp: bytes | None) -> bytes | None:
    """Return `xmp` without the orientation, which has been applied."""
    return xmp and _ORIENTATION_IN_XMP.sub(b"", xmp)


def as_comment(comment: Any) -> tuple[tuple[str, str], ...]:
    """Return the comment of a JPEG or GIF as text; bytes that are not UTF-8 are escaped, to be kept."""
    if not isinstance(comment, bytes) or not comment:
        return ()
    return (("Comment", comment.decode("utf-8", "surrogateescape")),)


def iptc_of(photoshop: bytes) -> bytes | None:
    """Return the IPTC-IIM records in Photoshop's image resources, if there are any.

    References
    ----------
    Adobe, Photoshop File Formats Specification (2019), image resource blocks: a signature, a number, a name
    and content of given lengths, both padded to even lengths.
    """
    at = photoshop.find(b"8BIM")
    while at >= 0 and photoshop[at : at + 4] == b"8BIM" and at + 12 <= len(photoshop):
        number = photoshop[at + 4 : at + 6]
        at += 6 + (photoshop[at + 6] + 2) // 2 * 2
        size = int.from_bytes(photoshop[at : at + 4], "big")
        if number == _IPTC:
            return photoshop[at + 4 : at + 4 + size]
        at += 4 + (size + 1) // 2 * 2
    return None


def profile_for(icc: bytes | None, space: str) -> bytes | None:
    """Return the profile if it is for the colour space `space` (``gray``, ``rgb``, ``cmyk``), else None.

    References
    ----------
    ICC.1:2022, 7.2: bytes 16 to 19 of a profile name its colour space.
    """
    signature = {"gray": b"GRAY", "rgb": b"RGB ", "cmyk": b"CMYK"}.get(space)
    return icc if icc is not None and icc[16:20] == signature else None
