"""EXIF: tags in a TIFF directory with directories within it, read and written byte for byte.

References
----------
CIPA DC-008, Exif 2.32: the EXIF, GPS and interoperability directories.
"""

import struct

from convcli.imaging.tiff_directory import Directory, Tag, Tags, directory_bytes, first_directory

__all__ = ["EXIF", "GPS", "exif_bytes", "exif_tags", "inner_tags", "resized"]

# Tags of directories within directories: interoperability is in EXIF.
EXIF, GPS, _INTEROPERABILITY = 34665, 34853, 40965
# Tags of the EXIF directory: width and height.
_WIDTH, _HEIGHT = 40962, 40963


def exif_tags(exif: bytes) -> dict[int, Tag | Tags]:
    """Return the tags of EXIF bytes, with those of its directories, without the thumbnail."""
    data = exif.removeprefix(b"Exif\0\0")
    directory = Directory(data, first_directory(data))
    inner = {number: inner_tags(directory, number, set()) for number in (EXIF, GPS) if number in directory}
    outer = {number: tag for number in directory if number not in inner and (tag := directory.tag(number))}
    return {**outer, **{number: tags for number, tags in inner.items() if tags}}


def exif_bytes(tags: Tags) -> bytes:
    """Return `tags` as EXIF, a TIFF without pixels."""
    return b"Exif\0\0II*\0\x08\0\0\0" + directory_bytes(tags, "<", 8)


def inner_tags(directory: Directory, number: int, damaged: set[int]) -> Tags:
    """Return the tags of the directory `number` within another; those that are damaged join `damaged`."""
    tags: dict[int, Tag | Tags] = {}
    try:
        inner = directory.inner(number)
    except struct.error:  # its offset may be anything
        inner = None
    if inner is None:
        damaged.add(number)
        return tags
    for tag in inner:
        deeper = tag == _INTEROPERABILITY and number == EXIF
        value = inner_tags(inner, tag, damaged) if deeper else inner.tag(tag)
        if isinstance(value, Tag) and value.divides_by_zero:
            damaged.add(tag)
        elif value:
            tags[tag] = value
    damaged |= inner.broken
    return tags


def resized(tags: Tags, width: int, height: int) -> dict[int, Tag | Tags]:
    """Return `tags` with the size of the picture, where their EXIF directory tells one."""
    exif = tags.get(EXIF)
    if isinstance(exif, Tag) or exif is None:
        return dict(tags)
    sizes = {_WIDTH: width, _HEIGHT: height}
    changed = {
        number: Tag(4, 1, size.to_bytes(4, "little")) for number, size in sizes.items() if number in exif
    }
    return {**tags, EXIF: {**exif, **changed}}
