"""Tags that describe a TIFF page: kept for other TIFFs byte for byte, and as metadata for all formats."""

import re
from fractions import Fraction
from math import isfinite

import numpy as np

from convcli.imaging.exif import exif_bytes, kept_tags
from convcli.imaging.metadata import DESCRIPTIVE, GEO, ICC, Metadata, usable_dpi, without_orientation
from convcli.imaging.tiff_directory import Directory, Tag, Tags, ascii_tag, bytes_tag

__all__ = [
    "DESCRIPTION",
    "GEO_KEYS",
    "RESOLUTION",
    "imagej_first_page",
    "metadata_of",
    "rational_tag",
    "tags_of",
]

# Horizontal and vertical resolution and its unit: 1 none, 2 inch, 3 centimetre.
RESOLUTION = _X, _Y, _UNIT = 282, 283, 296
DESCRIPTION, XMP, IPTC = 270, 700, 33723
# Tags that explain those of GEO, its keys; GDAL's metadata and value of no data.
GEO_KEYS = {34735, 34736, 34737, 42112, 42113}
# Further tags that are kept: name of the document and of the page, position, number; IPTC.
_KEPT = DESCRIPTIVE | {269, 285, 286, 287, 297, IPTC, XMP, ICC, *RESOLUTION, *GEO, *GEO_KEYS}
# TIFF's codes of LONG and SLONG.
_NUMBERS_OF_32_BITS = (4, 9)
# ImageJ's own tags, lengths and content.
_IMAGEJ = (50838, 50839)
# Lines of ImageJ's description that count pages, or hold for the pixels before.
_IMAGEJ_LAYOUT = ("images", "channels", "slices", "frames", "hyperstack", "mode", "loop", "min", "max")
# ImageJ's units of length in inches.
_MICRON = dict.fromkeys(("micron", "um", "µm", "μm", "\\u00B5m"), 1 / 25_400)
_INCHES = {"inch": 1.0, "m": 1 / 0.0254, "cm": 1 / 2.54, "mm": 1 / 25.4, "nm": 1 / 25.4e6, **_MICRON}


def tags_of(directory: Directory, notes: list[str]) -> Tags:
    """Return the tags that describe the page; what describes how its file was laid out is left out."""
    damaged = set[int]()
    tags = kept_tags(directory, _KEPT, damaged)
    if damaged:
        notes.append(f"damaged tags are left out: {', '.join(map(str, sorted(damaged)))}")
    _clear_resolution(tags, notes)
    made = directory.values.made
    for number in (XMP, IPTC, DESCRIPTION):
        tag = tags.pop(number, None)
        if isinstance(tag, Tag):
            if (number, tag) not in made:
                said: list[str] = []
                made[number, tag] = _changed(number, tag, said), tuple(said)
            changed, told = made[number, tag]
            notes += told
            tags |= {} if changed is None else {number: changed}
    if any(number in directory for number in _IMAGEJ):
        notes.append("ImageJ's overlays, labels and tables of colours (tags 50838 and 50839) are left out")
    return tags


def _changed(number: int, tag: Tag, notes: list[str]) -> Tag | None:
    if number == XMP:
        return bytes_tag(without_orientation(tag.data) or b"")
    if number == IPTC:
        return bytes_tag(_iptc(tag))
    text = _cleared(tag.data, notes)
    return (tag if text == tag.data else ascii_tag(text)) if text else None


def _iptc(tag: Tag) -> bytes:
    """Return IPTC-IIM; some programs declare it to be numbers of 32 bits, with or without swapping bytes."""
    if tag.kind not in _NUMBERS_OF_32_BITS:
        return tag.data
    data = tag.data if tag.data[:1] == b"\x1c" else np.frombuffer(tag.data, "<u4").byteswap().tobytes()
    return data.rstrip(b"\0")


def imagej_first_page(first: Directory, count: int, notes: list[str]) -> Tags:
    """Return ImageJ's description, which names the unit, for a page without one; note pages that are missed.

    ImageJ lists only the first of the `count` pages of files above 4 GiB.
    """
    found = first.tag(DESCRIPTION)
    if found is None or not found.data.startswith(b"ImageJ="):
        return {}
    images = re.search(rb"^images=(\d+)", found.data, re.MULTILINE)
    if images and int(images[1]) > count:
        notes.append(f"ImageJ counts {int(images[1])} pages, and {count} are listed: the others are not read")
    return {DESCRIPTION: ascii_tag(_cleared(found.data, []))}


def _clear_resolution(tags: dict[int, Tag | Tags], notes: list[str]) -> None:
    values = [tag.numbers() for number in RESOLUTION[:2] if isinstance(tag := tags.get(number), Tag)]
    if all(value.size and isfinite(value[0]) and 0 < value[0] <= 1e9 for value in values):
        return
    shown = " x ".join(f"{value[0]:g}" for value in values if value.size)
    notes.append(f"the resolution {shown} is left out: it is no usable number of dots")
    for number in RESOLUTION:
        tags.pop(number, None)


def _cleared(description: bytes, notes: list[str]) -> bytes:
    """Return a description without what tells readers how the file's pages are laid out: that changes."""
    text = description.rstrip(b"\0")
    if text.startswith(b"ImageJ="):
        lines = text.decode("utf-8", "surrogateescape").splitlines()
        fields = dict(line.partition("=")[::2] for line in lines)
        axes = [name for name in ("channels", "slices", "frames") if fields.get(name, "1") != "1"]
        if len(axes) > 1:
            notes.append(f"ImageJ's order of the pages ({', '.join(axes)}) is left out: they are in one row")
        kept = [line for line in lines if line.partition("=")[0] not in _IMAGEJ_LAYOUT]
        return "\n".join(kept).encode("utf-8", "surrogateescape") + b"\n"
    if text.lstrip().startswith((b"<?xml", b"<OME")) and b"<OME" in text[:4096]:
        notes.append(
            "the OME-XML description is left out: it tells how the pages of the old file were laid out"
        )
        return b""
    if text.startswith(b'{"') and b'"shape"' in text:
        return _without_shape(text, notes)
    return description


def _without_shape(text: bytes, notes: list[str]) -> bytes:
    """Return tifffile's description without the shape and the axes of the array that was written."""
    import json  # here for start-up

    try:
        fields = json.loads(text)
    except ValueError:
        return b""
    axes = fields.pop("axes", None)
    shape = fields.pop("shape", ())
    if axes is not None and len(shape) > 3:
        notes.append(f"tifffile's order of the pages ({axes}) is left out: they are in one row")
    return json.dumps(fields).encode() if fields else b""


def metadata_of(tags: Tags, order: str) -> Metadata:
    """Return the metadata for files of all formats, from the tags of the first page.

    `order` is the order of bytes in the file, which EXIF keeps: notes of a camera's maker may depend on it.
    """

    def data(number: int) -> bytes | None:
        tag = tags.get(number)
        return tag.data if isinstance(tag, Tag) else None

    described = {number: tag for number, tag in tags.items() if number in DESCRIPTIVE}
    return Metadata(
        icc=data(ICC), dpi=_dpi(tags), exif=exif_bytes(described, order), xmp=data(XMP), iptc=data(IPTC)
    )


def _dpi(tags: Tags) -> tuple[float, float] | None:
    across, down, unit, text = (
        tag if isinstance(tag := tags.get(number), Tag) else None for number in (*RESOLUTION, DESCRIPTION)
    )
    if across is None or down is None:
        return None
    given = 2 if unit is None else int(unit.numbers()[0])
    inches = {2: 1.0, 3: 1 / 2.54}.get(given, 0.0)
    if given == 1 and text is not None and text.data.startswith(b"ImageJ="):
        lines = text.data.rstrip(b"\0").decode("utf-8", "replace").splitlines()
        inches = _INCHES.get(dict(line.partition("=")[::2] for line in lines).get("unit", ""), 0.0)
    if not inches:
        return None
    return usable_dpi((float(across.numbers()[0]) / inches, float(down.numbers()[0]) / inches))


def rational_tag(value: float) -> Tag:
    """Return a number above 0, below 2^32 at most, as a quotient of two of 32 bits."""
    value, most = min(value, 2**32 - 1), 2**32 - 1
    quotient = Fraction(value).limit_denominator(max(1, min(1 << 16, int(most // max(value, 1)))))
    if not quotient:
        quotient = Fraction(1, int(min(1 / value, most)))
    return Tag(5, 1, quotient.numerator.to_bytes(4, "little") + quotient.denominator.to_bytes(4, "little"))
