"""ICC profile, EXIF, XMP, resolution and text of a picture file: read through Pillow, adapted for writing."""

import re
from math import isfinite
from typing import Any, NamedTuple

from PIL import Image as Pillow

__all__ = [
    "DESCRIPTIVE",
    "GEO",
    "ORIENTATION",
    "Metadata",
    "collect",
    "exif_for",
    "profile_for",
    "usable_dpi",
    "without_orientation",
]

# Tags of EXIF and TIFF (Exif 2.32, CIPA DC-008).
ORIENTATION = 0x0112
_WIDTH, _HEIGHT = 0xA002, 0xA003
_EXIF_DIRECTORY = 0x8769

# The tags of a TIFF directory that describe the picture; the others say how its pixels are stored. In order:
# description, make, model, software, date, artist, host, copyright, the EXIF and the GPS directory.
DESCRIPTIVE = {270, 271, 272, 305, 306, 315, 316, 33432, 34665, 34853}
# Tags of GeoTIFF that place pixels (OGC 19-008r4): scale, tie points, matrix.
GEO = {33550, 33922, 34264}


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
    """

    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    text: tuple[tuple[str, str], ...] = ()
    loop: int | None = None
    gamma: float | None = None
    subsampling: int | None = None


def collect(picture: Pillow.Image, notes: list[str]) -> Metadata:
    """Return the metadata of `picture`, which is loaded; damaged parts are left out and noted."""
    info = picture.info
    icc = info.get("icc_profile")
    loop = info.get("loop")
    gamma = info.get("gamma")
    return Metadata(
        icc=icc if isinstance(icc, bytes) and icc else None,
        dpi=usable_dpi(info.get("dpi")),
        exif=_exif(picture, notes),
        xmp=_xmp(info),
        text=_text(picture),
        loop=loop if isinstance(loop, int) else None,
        gamma=gamma if isinstance(gamma, float) and gamma > 0 else None,
        subsampling=_subsampling(picture),
    )


def _subsampling(picture: Pillow.Image) -> int | None:
    if picture.format not in ("JPEG", "MPO") or picture.mode != "RGB":
        return None
    from PIL.JpegImagePlugin import get_sampling  # here for start-up

    sampling: int = get_sampling(picture)
    return sampling if sampling in (0, 1, 2) else None


def usable_dpi(given: Any) -> tuple[float, float] | None:
    """Return a pair of resolutions as floats, None where they say nothing."""
    try:
        across, down = float(given[0]), float(given[1])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    if not (isfinite(across) and isfinite(down)) or min(across, down) <= 1:
        return None  # files of unknown resolution say 1
    return (across, down)


def _exif(picture: Pillow.Image, notes: list[str]) -> bytes | None:
    try:
        return _cleaned(picture.getexif())
    except Exception as error:  # damaged directories raise anything
        notes.append(f"damaged EXIF is left out ({' '.join(str(error).split()) or type(error).__name__})")
        return None


def _cleaned(exif: Pillow.Exif) -> bytes | None:
    """Return `exif` without the orientation."""
    exif.pop(ORIENTATION, None)
    return exif.tobytes() if len(exif) else None


def exif_for(exif: bytes, width: int, height: int) -> bytes:
    """Return `exif` without the orientation, and with the size updated where it has one."""
    holder = Pillow.Exif()
    holder.load(exif)
    holder.pop(ORIENTATION, None)
    inner = holder.get_ifd(_EXIF_DIRECTORY)
    if _WIDTH in inner or _HEIGHT in inner:
        inner[_WIDTH], inner[_HEIGHT] = width, height
    return holder.tobytes()


def _xmp(info: dict[Any, Any]) -> bytes | None:
    xmp = info.get("xmp", info.get("XML:com.adobe.xmp"))
    if isinstance(xmp, str):
        xmp = xmp.encode("utf-8", "surrogateescape")
    return without_orientation(xmp) if isinstance(xmp, bytes) and xmp else None


def without_orientation(xmp: bytes) -> bytes:
    """Return `xmp` without the orientation, which has been applied."""
    return re.sub(
        rb"""\s+tiff:Orientation=(?:"[0-9]"|'[0-9]')|<tiff:Orientation>[0-9]</tiff:Orientation>""", b"", xmp
    )


def _text(picture: Pillow.Image) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    comment = picture.info.get("comment")
    if isinstance(comment, bytes):
        found["Comment"] = comment.decode("utf-8", "replace")
    elif isinstance(comment, str):
        found["Comment"] = comment
    chunks = getattr(picture, "text", None)
    if isinstance(chunks, dict):
        found.update((str(key), str(value)) for key, value in chunks.items())
    return tuple(
        (key, value)
        for key, value in found.items()
        if key != "XML:com.adobe.xmp" and not key.startswith("Raw profile type")
    )


def profile_for(icc: bytes | None, space: str) -> bytes | None:
    """Return the profile if it is for the colour space `space` (``gray``, ``rgb``, ``cmyk``), else None.

    References
    ----------
    ICC.1:2022, 7.2: bytes 16 to 19 of a profile name its colour space.
    """
    signature = {"gray": b"GRAY", "rgb": b"RGB ", "cmyk": b"CMYK"}.get(space)
    return icc if icc is not None and icc[16:20] == signature else None
