"""Pillow's decoders: a closed list, of which one alone is loaded where the format is known."""

import io
from importlib import import_module

from PIL import Image as Pillow
from PIL import ImageFile, UnidentifiedImageError

from convcli.imaging.formats import pillow_names

__all__ = ["open_picture"]

# Those that Pillow.open loads by itself, which know a file by its first bytes for certain.
_COMMON = ("BMP", "DIB", "GIF", "JPEG", "PPM", "PNG")
# Pillow's modules whose names are not the format's.
_MODULES = {"JPEG2000": "Jpeg2K", "MCIDAS": "McIdas", "WEBP": "WebP", "XVTHUMB": "XVThumb"}


def open_picture(data: bytes | io.BytesIO, kind: str) -> ImageFile.ImageFile:
    """Open the content of a file with the decoder for `kind`; with ``""`` all on the list are tried.

    Not on it are the decoder of EPS, which starts Ghostscript, those of IPTC and FlashPix, which open
    whatever is within, and what other packages register.
    """
    file = io.BytesIO(data) if isinstance(data, bytes) else data
    if kind:
        _load(kind)
        factory, _ = Pillow.OPEN[kind]  # what Pillow.open calls, after loading five other decoders
        return factory(file, b"")
    try:
        return Pillow.open(file, formats=_COMMON)
    except UnidentifiedImageError:
        for format in pillow_names():
            _load(format)
    # Loaded all: Pillow itself would import every plugin for one that is missing.
    known = [format for format in pillow_names() if format in Pillow.OPEN and format not in _COMMON]
    return Pillow.open(file, formats=known)


def _load(format: str) -> None:
    import_module(f"PIL.{_MODULES.get(format, format.capitalize())}ImagePlugin")
