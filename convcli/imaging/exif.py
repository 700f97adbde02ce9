"""EXIF: tags in a TIFF directory with directories within it, read and written byte for byte.

References
----------
CIPA DC-008, Exif 2.32: the EXIF, GPS and interoperability directories.
"""

import struct

from convcli.imaging.tiff_directory import Directory, Tag, Tags, directory_bytes, first_directory

__all__ = [
    "ORIENTATION",
    "cleaned",
    "exif_bytes",
    "exif_for",
    "exif_orientation",
    "exif_tags",
    "kept_tags",
    "resized",
]

# Tags: orientation; directories within directories, of which interoperability is in EXIF.
ORIENTATION, EXIF, GPS, _INTEROPERABILITY = 274, 34665, 34853, 40965
# Tags of the EXIF directory: width and height.
_WIDTH, _HEIGHT = 40962, 40963


def exif_tags(exif: bytes, damaged: set[int]) -> tuple[dict[int, Tag | Tags], str]:
    """Return the tags of EXIF, without orientation and thumbnail, and the order of its bytes."""
    directory = _directory(exif)
    return kept_tags(directory, (set(directory) | directory.broken) - {ORIENTATION}, damaged), directory.order


def _directory(exif: bytes) -> Directory:
    data = exif.removeprefix(b"Exif\0\0")
    if not data.startswith((b"II*\0", b"MM\0*")):
        raise ValueError("it does not begin as a TIFF")
    return Directory(data, first_directory(data))


def exif_orientation(exif: bytes) -> int:
    """Return the orientation as it is stored; 0 where there is none."""
    try:
        return _directory(exif).number(ORIENTATION, 0)
    except (struct.error, ValueError):
        return 0


def kept_tags(directory: Directory, numbers: set[int], damaged: set[int]) -> dict[int, Tag | Tags]:
    """Return those of the tags `numbers` that a directory has, with those of the directories within it.

    Damaged tags join `damaged`; directories without tags are left out.
    """
    inner = numbers & {EXIF, GPS, _INTEROPERABILITY} & set(directory)
    tags = {number: tag for number in numbers - inner if (tag := directory.tag(number))}
    within = {number: found for number in inner if (found := _inner_tags(directory, number, damaged))}
    damaged |= directory.broken & numbers
    return {**tags, **within}


def _inner_tags(directory: Directory, number: int, damaged: set[int]) -> Tags:
    try:
        inner = directory.inner(number)
    except struct.error:  # its offset may be anything
        inner = None
    if inner is None:
        damaged.add(number)
        return {}
    # directories are nested in one way only: one that points to itself would have no end
    misplaced = {EXIF, GPS, *({_INTEROPERABILITY} if number != EXIF else ())}
    tags = kept_tags(inner, (set(inner) | inner.broken) - misplaced, damaged)
    infinite = {number for number, tag in tags.items() if isinstance(tag, Tag) and tag.divides_by_zero}
    damaged |= infinite
    return {number: tag for number, tag in tags.items() if number not in infinite}


def cleaned(exif: bytes, notes: list[str]) -> bytes | None:
    """Return EXIF without its orientation and thumbnail, and without damaged tags, which are noted."""
    damaged = set[int]()
    try:
        tags, order = exif_tags(exif, damaged)
    except (struct.error, ValueError) as error:
        reason = error if isinstance(error, ValueError) else "it is cut short"
        notes.append(f"damaged EXIF is left out ({reason})")
        return None
    if damaged:
        notes.append(f"damaged EXIF tags are left out: {', '.join(map(str, sorted(damaged)))}")
    return exif_bytes(tags, order)


def exif_bytes(tags: Tags, order: str) -> bytes | None:
    """Return `tags` as EXIF, a TIFF without pixels, in byte order ``<`` or ``>``; None if there are none."""
    head = b"Exif\0\0II*\0\x08\0\0\0" if order == "<" else b"Exif\0\0MM\0*\0\0\0\x08"
    return head + directory_bytes(tags, order, 8) if tags else None


def exif_for(exif: bytes, width: int, height: int) -> bytes | None:
    """Return `exif` for a picture of this size, without its orientation."""
    tags, order = exif_tags(exif, set())
    return exif_bytes(resized(tags, width, height), order)


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
