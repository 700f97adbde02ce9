"""Metadata for writing, as arguments of Pillow's `save` or as PNG chunks, as far as the format holds it."""

import struct
import zlib
from math import inf
from typing import Any

from convcli.imaging.formats import Format
from convcli.imaging.image import Image
from convcli.imaging.metadata import exif_for, profile_for

__all__ = ["metadata_options", "png_chunks"]

# Largest EXIF, XMP or comment in bytes that is put into a JPEG segment, which holds 65,533 with its header.
_SEGMENT_BYTES = 65_000


# Largest resolution by format: 16 bits; 31 bits of pixels per metre; 32 bits.
_MOST_DPI = {"jpeg": 65_535.0, "png": 0x7FFFFFFF * 0.0254, "bmp": 0x7FFFFFFF * 0.0254, "tiff": 4e9}


def metadata_options(image: Image, format: Format, notes: list[str]) -> dict[str, Any]:
    """Return the arguments with which Pillow's `save` writes the image's metadata to `format`."""
    found = _common(image, format.name, notes)
    given = {key: found[key] for key in _HOLDS.get(format.name, ()) if key in found}
    if format.name == "tiff" and image.frames[0].tags is not None:
        return {}  # they are among the tags
    if format.name == "jpeg":
        _fit_segments(given, notes)
        if image.metadata.subsampling is not None:
            given["subsampling"] = image.metadata.subsampling
    if format.name == "png":
        given["pnginfo"] = _png_info(image, notes)
    if format.name in ("jpeg", "gif") and (comment := dict(image.metadata.text).get("Comment")):
        given["comment"] = comment.encode()[:_SEGMENT_BYTES]
    return given


# Metadata arguments of Pillow's `save` by format.
_HOLDS = {
    "png": ("icc_profile", "dpi", "exif"),
    "jpeg": ("icc_profile", "dpi", "exif", "xmp"),
    "tiff": ("icc_profile", "dpi"),
    "webp": ("icc_profile", "exif", "xmp"),
    "avif": ("icc_profile", "exif", "xmp"),
    "bmp": ("dpi",),
    "jp2": (),
}


def _common(image: Image, format: str, notes: list[str]) -> dict[str, Any]:
    metadata = image.metadata
    if metadata.dpi and max(metadata.dpi) > _MOST_DPI.get(format, inf):
        notes.append(
            f"{max(metadata.dpi):g} dots per inch do not fit into a {format.upper()}: they are left out"
        )
        metadata = metadata._replace(dpi=None)
    height, width = image.frames[0].size
    found: dict[str, Any] = {
        "icc_profile": profile_for(metadata.icc, image.space),
        "dpi": metadata.dpi,
        "exif": exif_for(metadata.exif, width, height) if metadata.exif else None,
        "xmp": metadata.xmp,
    }
    return {key: value for key, value in found.items() if value}


def _fit_segments(given: dict[str, Any], notes: list[str]) -> None:
    for key, what in (("exif", "EXIF"), ("xmp", "XMP")):
        if len(given.get(key, b"")) > _SEGMENT_BYTES:
            notes.append(f"JPEG holds 64 KiB of {what}: it is left out")
            del given[key]


def _png_info(image: Image, notes: list[str]) -> Any:
    from PIL.PngImagePlugin import PngInfo  # here for start-up

    info = PngInfo()
    for kind, content in _text_chunks(image, notes):
        info.add(kind, content)
    return info


def _text_chunks(image: Image, notes: list[str]) -> list[tuple[bytes, bytes]]:
    """Return gAMA, tEXt and iTXt chunks."""
    metadata = image.metadata
    chunks = []
    if metadata.gamma is not None and metadata.gamma < 40_000:
        chunks.append((b"gAMA", struct.pack(">I", round(metadata.gamma * 100_000))))
    for key, value in metadata.text:
        keyword = key.encode("latin-1", "replace").strip()
        if not 0 < len(keyword) < 80 or b"\0" in keyword or "\0" in value:
            notes.append(f"the text {key!r} does not fit into a PNG and is left out")
            continue
        try:
            chunks.append((b"tEXt", keyword + b"\0" + value.encode("latin-1")))
        except UnicodeEncodeError:
            chunks.append((b"iTXt", keyword + b"\0\0\0\0\0" + value.encode("utf-8", "replace")))
    if metadata.xmp:
        chunks.append((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + metadata.xmp))
    return chunks


def png_chunks(image: Image, notes: list[str]) -> list[tuple[bytes, bytes]]:
    """Return the image's metadata as PNG chunks, in the order that the standard requires."""
    found = _common(image, "png", notes)
    chunks = []
    if "icc_profile" in found:
        chunks.append((b"iCCP", b"ICC Profile\0\0" + zlib.compress(found["icc_profile"])))
    texts = _text_chunks(image, notes)
    chunks += [chunk for chunk in texts if chunk[0] == b"gAMA"]
    if "dpi" in found:
        across, down = (round(value / 0.0254) for value in found["dpi"])
        chunks.append((b"pHYs", struct.pack(">IIB", across, down, 1)))
    if "exif" in found:
        chunks.append((b"eXIf", found["exif"].removeprefix(b"Exif\0\0")))
    return chunks + [chunk for chunk in texts if chunk[0] != b"gAMA"]
