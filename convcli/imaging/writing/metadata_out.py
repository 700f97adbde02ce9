"""Metadata for writing, as arguments of Pillow's `save` or as PNG chunks, as far as the format holds it."""

import struct
import zlib
from dataclasses import replace
from typing import Any

from convcli.errors import shown
from convcli.imaging.exif import exif_for
from convcli.imaging.formats import Format
from convcli.imaging.image import Image, Space
from convcli.imaging.metadata import GEO, ICC, profile_for
from convcli.imaging.tiff_directory import Tag

__all__ = ["metadata_options", "png_chunks", "with_fitting"]

# Largest EXIF, XMP, IPTC or comment in bytes that is put into a JPEG segment, which holds 65,533.
_SEGMENT_BYTES = 65_000
# Largest resolution in pixels per inch: 16 or 32 bits per inch, or 31 bits per metre.
_MOST_DPI = {"jpeg": 65_535.0, "tiff": 2.0**32 - 1, **dict.fromkeys(("png", "bmp"), 0.0254 * (2**31 - 1))}


def with_fitting(image: Image, format: Format) -> tuple[Image, list[str]]:
    """Return `image` without a resolution too large for `format`, and lines about what that cannot hold."""
    holds, metadata, notes = _HOLDS.get(format.name, ()), image.metadata, list[str]()
    if format.numbers:
        return image, notes
    lost = [name for key, name in _NAMES.items() if getattr(metadata, key) and key not in holds]
    if format.name != "tiff" and any(GEO & set(frame.tags or ()) for frame in image.frames):
        lost.append("georeference")
    if format.name != "zarr" and metadata.zarr is not None and metadata.zarr.has_attributes:
        lost.append("Zarr attributes")
    if format.name != "png":
        lost += _lost_texts(image, format) + _lost_colours(image)
    if lost:
        notes.append(f"{format.suffix} holds no {', '.join(lost)}: left out")
    if "icc" in holds:
        for space in _unfit_profiles(image):
            notes.append(f"the ICC profile is not for {space.upper()} pixels: left out")
    if format.pages and any(frame.duration is not None for frame in image.frames):
        notes.append(f"{format.suffix} holds no display times: they are left out")
    most = max(metadata.dpi or (0.0,))
    if most > _MOST_DPI.get(format.name, most):
        notes.append(f"{most:g} pixels per inch do not fit into {format.suffix}: left out")
        image = replace(image, metadata=metadata._replace(dpi=None))
    return image, notes


def _lost_texts(image: Image, format: Format) -> list[str]:
    """Return a name for the texts of a PNG, GIF or JPEG that `format` does not hold."""
    of_encoder = image.format == "jp2"  # which names itself in a comment
    unimportant = _OF_PROGRAMS | ({"Comment"} if format.name in _COMMENTED or of_encoder else set())
    keys = [shown(key, 30) for key, _ in image.metadata.text if key not in unimportant]
    return [f"text ({', '.join(keys[:3])})"] if keys else []


def _lost_colours(image: Image) -> list[str]:
    """Return the names of a PNG's chunks that say that its colours are not those of sRGB."""
    chunks, gamma = dict(image.metadata.colours), image.metadata.gamma
    if "cICP" in chunks:
        return ["cICP"] if chunks["cICP"][:2] != _SRGB_CODES else []
    if image.metadata.icc or "sRGB" in chunks:
        return []
    found = ["gAMA"] if gamma is not None and abs(gamma * 2.2 - 1) > _NEAR else []
    primaries = struct.unpack(">8I", chunks.get("cHRM", struct.pack(">8I", *_SRGB_PRIMARIES)))
    far = any(abs(one - other) > _NEAR * 1e5 for one, other in zip(primaries, _SRGB_PRIMARIES, strict=True))
    return [*found, "cHRM"] if far else found


def _unfit_profiles(image: Image) -> list[Space]:
    """Return the spaces of frames that have a profile of other colours."""
    spaces = []
    for frame in image.frames:
        tag, space = (frame.tags or {}).get(ICC), image.space_of(frame)
        icc = image.metadata.icc if frame.tags is None else tag.data if isinstance(tag, Tag) else None
        if icc and profile_for(icc, space) is None:
            spaces.append(space)
    return list(dict.fromkeys(spaces))


def metadata_options(image: Image, format: Format, notes: list[str]) -> dict[str, Any]:
    """Return the arguments with which Pillow's `save` writes the image's metadata to `format`.

    There are none for PNG and TIFF, which get chunks and tags afterwards.
    """
    if format.name in ("png", "tiff"):
        return {}
    found = _common(image)
    given = {_PILLOW.get(key, key): found[key] for key in _HOLDS.get(format.name, ()) if key in found}
    texts = {key.lower(): text for key, text in image.metadata.text}
    comment = texts.get("comment", "").encode("utf-8", "surrogateescape")
    if format.name == "jpeg":
        iptc = image.metadata.iptc or b""
        for key, content in {
            "exif": given.get("exif", b""),
            "xmp": given.get("xmp", b""),
            "iptc": iptc,
        }.items():
            if len(content) > _SEGMENT_BYTES:
                notes.append(f"JPEG holds 64 KiB of {key.upper()}: it is left out")
                given.pop(key, None)
        if image.metadata.subsampling is not None:
            given["subsampling"] = image.metadata.subsampling
        if image.metadata.coding == "progressive":
            given["progressive"] = True
        elif image.metadata.coding == "arithmetic":
            notes.append("the JPEG's arithmetic coding became Huffman coding")
        given["extra"] = _photoshop_segment(iptc) if 0 < len(iptc) <= _SEGMENT_BYTES else b""
    if format.name in ("jpeg", "gif") and comment:
        given["comment"] = comment[:_SEGMENT_BYTES]
    return given


# Fields of Metadata that each format holds; what they are called in notes, and by Pillow's `save`.
_HOLDS = {
    "png": ("icc", "dpi", "exif", "xmp"),
    "jpeg": ("icc", "dpi", "exif", "xmp", "iptc"),
    "tiff": ("icc", "dpi", "exif", "xmp", "iptc"),
    "webp": ("icc", "exif", "xmp"),
    "avif": ("icc", "exif", "xmp"),
    "bmp": ("dpi",),
}
_NAMES = {"icc": "ICC profile", "exif": "EXIF", "xmp": "XMP", "iptc": "IPTC"}
# Formats that hold one comment; texts that programs write about themselves and the file.
_COMMENTED = ("jpeg", "gif")
_OF_PROGRAMS = {"Software", "date:create", "date:modify", "date:timestamp", "Creation Time"}
# sRGB in the chunks cICP (primaries, curve) and cHRM (white, red, green, blue: x and y in 1e-5), and how near
# to these and to gamma 2.2 a file is that counts as sRGB.
_SRGB_CODES, _SRGB_PRIMARIES = b"\1\15", (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
_NEAR = 0.02
_PILLOW = {"icc": "icc_profile"}


def _common(image: Image) -> dict[str, Any]:
    metadata = image.metadata
    height, width = image.frames[0].size
    found: dict[str, Any] = {
        "icc": profile_for(metadata.icc, image.space),
        "dpi": metadata.dpi,
        "exif": exif_for(metadata.exif, width, height) if metadata.exif else None,
        "xmp": metadata.xmp,
    }
    return {key: value for key, value in found.items() if value}


def _photoshop_segment(iptc: bytes) -> bytes:
    """Return IPTC-IIM as a JPEG's segment APP13, in an image resource of Photoshop's."""
    block = b"Photoshop 3.0\x008BIM\4\4\0\0" + struct.pack(">I", len(iptc)) + iptc + b"\0" * (len(iptc) % 2)
    return b"\xff\xed" + struct.pack(">H", len(block) + 2) + block


def _text_chunks(image: Image, notes: list[str]) -> list[tuple[bytes, bytes]]:
    """Return chunks about the meaning of colours, tEXt and iTXt chunks."""
    metadata = image.metadata
    chunks = [(name.encode(), content) for name, content in metadata.colours]
    if metadata.gamma is not None and metadata.gamma < 40_000:
        chunks.append((b"gAMA", struct.pack(">I", round(metadata.gamma * 100_000))))
    for key, given in metadata.text:
        value = _readable(given)
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


def _readable(text: str) -> str:
    """Return a text whose bytes were not UTF-8, and are escaped in it, as Latin-1."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape").decode("latin-1")
    return text


def png_chunks(image: Image, notes: list[str]) -> list[tuple[bytes, bytes]]:
    """Return the image's metadata as PNG chunks, in the order that the standard requires."""
    found = _common(image)
    chunks = []
    if "icc" in found:
        chunks.append((b"iCCP", b"ICC Profile\0\0" + zlib.compress(found["icc"])))
    texts = _text_chunks(image, notes)
    chunks += [chunk for chunk in texts if chunk[0] not in (b"tEXt", b"iTXt")]
    if "dpi" in found:
        across, down = (round(value / 0.0254) for value in found["dpi"])
        chunks.append((b"pHYs", struct.pack(">IIB", across, down, 1)))
    if "exif" in found:
        chunks.append((b"eXIf", found["exif"].removeprefix(b"Exif\0\0")))
    return chunks + [chunk for chunk in texts if chunk[0] in (b"tEXt", b"iTXt")]
