"""Recognise the kind of a file by its first bytes."""

import codecs
import re

from convcli.arrayfiles.first_bytes import binary_kind, encoding_of
from convcli.errors import ImageError

__all__ = ["array_kind", "not_a_picture", "picture_kind", "text_array_kind", "too_large"]

# First bytes of a file, and Pillow's name of its format.
_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    ((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), "TIFF"),
)
# Kinds that cannot be read: bytes, their offset after leading white space, name of the kind, hint.
_FOREIGN = (
    (b"%PDF", 0, "a PDF document", "save the page as a picture first"),
    (b"<svg", 0, "an SVG drawing", "render it to pixels first"),
    (b"<?xml", 0, "an XML document", "if it is an SVG drawing, render it to pixels first"),
    (b"<!DOC", 0, "a web page", "was an error page downloaded in the picture's place?"),
    (b"<html", 0, "a web page", "was an error page downloaded in the picture's place?"),
    (b"ftypheic", 4, "a HEIC picture", "save it as PNG or JPEG first"),
    (b"ftypheix", 4, "a HEIC picture", "save it as PNG or JPEG first"),
    (b"ftypmp4", 4, "a video", "extract its frames first"),
    (b"ftypisom", 4, "a video", "extract its frames first"),
    (b"\xff\x0a", 0, "a JPEG XL picture", "save it as PNG first"),
    (b"\0\0\0\x0cJXL ", 0, "a JPEG XL picture", "save it as PNG first"),
)
# Array files by suffix.
_ARRAYS = {".npy": "npy", ".npz": "npz", ".csv": "csv", ".tsv": "tsv", ".json": "json"}
# How a line of numbers begins.
_NUMBER = re.compile(r"[-+]?(\d|\.\d|nan|inf)", re.IGNORECASE)


def picture_kind(data: bytes) -> str:
    """Return Pillow's name of the format where the first bytes tell, else ``""``."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
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


def not_a_picture(data: bytes, name: str) -> ImageError:
    """Return the error for content that cannot be read, which names its kind where that is recognised."""
    start = data[:256].lstrip()
    for magic, at, what, hint in _FOREIGN:
        if start[at : at + len(magic)].lower() == magic.lower():
            return ImageError(f"{name!r} is {what}, not a picture that can be read", hint=hint)
    return ImageError(
        f"{name!r} is not a picture or an array of numbers",
        hint="PNG, JPEG, TIFF, WebP, GIF and whatever else Pillow opens; .npy, .npz, .csv, .tsv, .json",
    )


def too_large(name: str, size: tuple[int, int], max_pixels: int) -> ImageError:
    """Return the error for a picture above the limit; `size` is width and height."""
    width, height = size
    return ImageError(
        f"{name!r} has {width} x {height} = {width * height} pixels, more than the limit of {max_pixels}",
        hint="if it is meant to be that large, raise the limit with --max-pixels",
    )
