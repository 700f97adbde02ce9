"""Add tags to the directories of a finished TIFF: what Pillow and tifffile do not write, or only in part."""

import struct
from collections.abc import Mapping

from convcli.imaging.exif import exif_tags, resized
from convcli.imaging.image import Frame, Image
from convcli.imaging.metadata import DESCRIPTIVE, ICC, profile_for
from convcli.imaging.tiff_directory import Directory, Tag, Tags, bytes_tag, chain, directory_bytes
from convcli.imaging.tiff_metadata import IPTC, RESOLUTION, XMP, rational_tag

__all__ = ["page_tags", "with_tags"]

# Bytes that a TIFF may have, whose offsets have 32 bits; those of an entry, padded, and of a directory.
_MOST, _ENTRY, _DIRECTORY = 2**32 - 1, 13, 1 << 10


def with_tags(data: bytes, image: Image, notes: list[str]) -> bytes:
    """Return the TIFF `data` with the tags that describe each page of `image`.

    BigTIFF, and what would be above 4 GiB with them, stays as it is, which is noted. Large values are shared.
    """
    order = "<" if data[:2] == b"II" else ">"
    pages = [page_tags(image, frame, first=not number) for number, frame in enumerate(image.frames)]
    if not any(pages):
        return data
    if 42 not in data[2:4] or len(data) + _size(pages) > _MOST:
        notes.append("the tags of its pages are left out: a TIFF above 4 GiB has none")
        return data
    shared: dict[Tag, int] = {}
    made, link = bytearray(data), 4  # link: where the offset of the next directory belongs
    for at, tags in zip(list(chain(data)), pages, strict=True):
        place, entries = at, {**Directory(data, at).entries(), **tags}
        if tags:
            made += b"\0" * (len(made) % 2)
            place = len(made)
            made += directory_bytes(entries, order, place, shared)
        struct.pack_into(order + "I", made, link, place)
        link = place + 2 + 12 * len(entries)
    return bytes(made)


def _size(pages: list[Tags]) -> int:
    """Return the bytes that directories with these tags take at most, but for the entries that were there."""
    sizes = (
        _size([tag]) if isinstance(tag, Mapping) else len(tag.data) for tags in pages for tag in tags.values()
    )
    return sum(size + _ENTRY for size in sizes) + _DIRECTORY * len(pages)


def page_tags(image: Image, frame: Frame, *, first: bool) -> Tags:
    """Return the tags of one page: its own, or the metadata of a picture that was no TIFF."""
    height, width = frame.size
    metadata = image.metadata
    if frame.tags is not None:
        tags = resized(frame.tags, width, height)
    else:
        exif = exif_tags(metadata.exif, set())[0] if metadata.exif and first else {}
        tags = {number: tag for number, tag in resized(exif, width, height).items() if number in DESCRIPTIVE}
        beside = {XMP: metadata.xmp, IPTC: metadata.iptc} if first else {}
        tags |= {number: bytes_tag(content) for number, content in beside.items() if content}
        if metadata.dpi:
            tags |= dict(zip(RESOLUTION, (*map(rational_tag, metadata.dpi), Tag(3, 1, b"\2\0")), strict=True))
        if metadata.icc:
            tags[ICC] = Tag(7, len(metadata.icc), metadata.icc)
    icc = tags.pop(ICC, None)
    if isinstance(icc, Tag) and profile_for(icc.data, image.space_of(frame)):
        tags[ICC] = icc
    return tags
