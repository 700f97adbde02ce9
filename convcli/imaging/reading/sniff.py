"""Recognise the kind of a file by its first bytes."""

import codecs
import re

from convcli.arrayfiles.first_bytes import binary_kind, encoding_of
from convcli.choices import MAX_PIXELS
from convcli.errors import ImageError
from convcli.imaging.formats import readable

__all__ = ["array_kind", "check_pixels", "chosen_frames", "not_a_picture", "picture_kind", "text_array_kind"]

# First bytes of a file, and Pillow's name of its format.
_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    ((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), "TIFF"),
    ((b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  \r\n\x87\n"), "JPEG2000"),
    (b"8BPS", "PSD"),
    (b"DDS ", "DDS"),
    (b"qoif", "QOI"),
    (b"\x01\xda", "SGI"),
    (b"icns", "ICNS"),
    ((b"BLP1", b"BLP2"), "BLP"),
    (b"\x59\xa6\x6a\x95", "SUN"),
)
# Array files by suffix.
_ARRAYS = {".npy": "npy", ".npz": "npz", ".csv": "csv", ".tsv": "tsv", ".json": "json"}
# How a line of numbers begins.
_NUMBER = re.compile(r"[-+]?(\d|\.\d|nan|inf)", re.IGNORECASE)


def picture_kind(data: bytes) -> str:
    """Return Pillow's name of the format where the first bytes tell, else ``""``."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:12] in (b"ftypavif", b"ftypavis"):
        return "AVIF"
    return next((kind for magic, kind in _PICTURES if data.startswith(magic)), "")


def array_kind(data: bytes, suffix: str) -> str:
    """Return the kind of array file, by its first bytes or else its suffix; ``""`` if it is none."""
    return binary_kind(data) or ("" if picture_kind(data) else _ARRAYS.get(suffix, ""))


def text_array_kind(data: bytes) -> str:
    """Return whether text looks like ``json``, ``csv`` or ``tsv`` of numbers; ``""`` if like none."""
    head = data[:4096]
    encoding = encoding_of(data)
    if b"\0" in head and encoding != "utf-16":
        return ""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        text = decoder.decode(head, final=len(head) == len(data))
    except UnicodeDecodeError:
        return ""
    if text.lstrip().startswith("["):
        return "json"
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    # the first line may be a heading
    if not any(_NUMBER.match(line.lstrip(' "')) for line in lines[:2]):
        return ""
    return "tsv" if "\t" in lines[-1] else "csv"


def not_a_picture(name: str) -> ImageError:
    """Return the error for content of no known kind."""
    return ImageError(
        f"{name!r} is not a picture or an array of numbers",
        hint=f"convcli reads {readable()} and more: see convcli formats",
    )


def check_pixels(
    name: str, width: int, height: int, max_pixels: int, count: int = 1, *, because: str = "", way: str = ""
) -> None:
    """Refuse a picture, or `count` frames of this size, above the limit of what is held in memory.

    `because` says why the work is not done piece by piece, and `way` is a way out.
    """
    frames = f"{count} frames of " if count > 1 else ""
    total = width * height * count
    if total <= max_pixels:
        return
    excess = f"{total} pixels, more than the limit of {max_pixels}" + (because and f", and {because}")
    hint = f"{way or 'if it is meant to be that large'}, {'or ' * bool(way)}raise the limit with --max-pixels"
    if not because and max_pixels == MAX_PIXELS:
        hint += "; filter and pool work piece by piece from .tif or .zarr to .tif or .zarr"
    raise ImageError(f"{name!r} has {frames}{width} x {height} = {excess}", hint=hint)


def chosen_frames(frame: int | None, count: int, name: str) -> list[int]:
    """Return the numbers of all `count` frames, or `frame` alone."""
    if frame is None:
        return list(range(count))
    if not 0 <= frame < count:
        has = f"it has {count}, numbered 0 to {count - 1}" if count > 1 else "it has only one, number 0"
        raise ImageError(f"{name!r} has no frame {frame}", hint=has)
    return [frame]
