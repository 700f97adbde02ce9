"""Add tags to a finished TIFF: EXIF, GPS and XMP, which Pillow and tifffile write only in part.

References
----------
Adobe, TIFF 6.0 (1992), section 2: a directory is a count, entries of 12 bytes in ascending order of their
tags, and the offset of the next directory.
"""

import struct

from PIL import Image as Pillow

from convcli.imaging.metadata import DESCRIPTIVE, Metadata, as_read, exif_for

__all__ = ["with_tags"]

# Tags of the EXIF and GPS directories.
_SUBDIRECTORIES = (34665, 34853)
# Tag of the interoperability directory; its value is an offset in the file that the EXIF came from.
_INTEROPERABILITY = 0xA005
# Tags of XMP and IPTC, and TIFF's codes of the types byte and undefined.
_XMP, _IPTC, _BYTE, _UNDEFINED = 700, 33723, 1, 7
# Bytes of a directory entry.
_ENTRY = 12


def with_tags(data: bytes, metadata: Metadata, width: int, height: int) -> bytes:
    """Return the TIFF `data` with `metadata`'s EXIF and XMP in its first directory; BigTIFF as it is."""
    order = "<" if data[:2] == b"II" else ">"
    (magic,) = struct.unpack(order + "H", data[2:4])
    if magic != 42 or not (metadata.exif or metadata.xmp or metadata.iptc):
        return data
    block_at = len(data) + len(data) % 2
    block = _directory(data[:4], metadata, width, height, block_at)
    (first_at,) = struct.unpack(order + "I", data[4:8])
    entries = {**_entries(data, first_at, order), **_entries(block, 0, order)}
    (kept,) = struct.unpack(order + "H", data[first_at : first_at + 2])
    following = data[first_at + 2 + _ENTRY * kept :][:4]
    merged_at = block_at + len(block) + len(block) % 2
    merged = struct.pack(order + "H", len(entries)) + b"".join(entries[tag] for tag in sorted(entries))
    head = data[:4] + struct.pack(order + "I", merged_at) + data[8:]
    return head.ljust(block_at, b"\0") + block.ljust(merged_at - block_at, b"\0") + merged + following


def _entries(data: bytes, at: int, order: str) -> dict[int, bytes]:
    (count,) = struct.unpack(order + "H", data[at : at + 2])
    starts = range(at + 2, at + 2 + _ENTRY * count, _ENTRY)
    return {
        struct.unpack(order + "H", data[start : start + 2])[0]: data[start : start + _ENTRY]
        for start in starts
    }


def _directory(start: bytes, metadata: Metadata, width: int, height: int, offset: int) -> bytes:
    """Return a directory of the tags to be added, with offsets for its place at `offset`."""
    from PIL.TiffImagePlugin import ImageFileDirectory_v2  # here for start-up

    tags = ImageFileDirectory_v2(ifh=start + b"\0\0\0\0")
    if metadata.exif and (given := exif_for(metadata.exif, width, height)):
        exif = Pillow.Exif()
        exif.load(given)
        found = {tag: exif.get_ifd(tag) if tag in _SUBDIRECTORIES else exif[tag] for tag in exif}
        for tag in _SUBDIRECTORIES:
            found.get(tag, {}).pop(_INTEROPERABILITY, None)
        as_read(found)
        for tag in found.keys() & DESCRIPTIVE:
            tags[tag] = found[tag]
    if metadata.iptc:
        tags[_IPTC] = metadata.iptc
        tags.tagtype[_IPTC] = _UNDEFINED
    if metadata.xmp:
        tags[_XMP] = metadata.xmp
        tags.tagtype[_XMP] = _BYTE
    return bytes(tags.tobytes(offset))
