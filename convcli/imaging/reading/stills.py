"""Frames of every format but TIFF, loaded at full bit depth and turned upright."""

from collections.abc import Callable

from PIL import ImageFile

from convcli.imaging.image import Decoded
from convcli.imaging.metadata import ORIENTATION
from convcli.imaging.reading import pillow_16_bit, sgi
from convcli.imaging.reading.narrowed import narrowed
from convcli.imaging.reading.pillow_modes import from_pillow, oriented, with_transparent_colour

__all__ = ["still_frame"]


def still_frame(
    picture: ImageFile.ImageFile, data: bytes, reopen: Callable[[], ImageFile.ImageFile], notes: list[str]
) -> Decoded:
    """Load `picture` from the file content `data`; `reopen` opens it anew."""
    if picture.format == "PNG":
        frame, space = _png(picture, data, reopen, notes)
    elif picture.format == "JPEG2000":
        from convcli.imaging.reading.jpeg2000 import jpeg2000_frame  # here for start-up: it is rare

        frame, space = jpeg2000_frame(picture, data, notes)
    elif picture.format == "SGI" and sgi.is_deep(data):
        frame, space = sgi.sgi_frame(data)
    else:
        notes += narrowed(picture, data)
        frame, space = from_pillow(picture, notes)
    orientation = picture.getexif().get(ORIENTATION, 1)
    if orientation != 1:
        alpha = None if frame.alpha is None else oriented(frame.alpha, orientation)
        frame = frame._replace(pixels=oriented(frame.pixels, orientation), alpha=alpha)
    return frame, space


def _png(
    picture: ImageFile.ImageFile, data: bytes, reopen: Callable[[], ImageFile.ImageFile], notes: list[str]
) -> Decoded:
    depth, colour_type = data[24], data[25]
    if pillow_16_bit.is_narrowed(picture):
        if getattr(picture, "n_frames", 1) > 1:
            notes.append("a 16-bit animated PNG is read as 8-bit")
            return from_pillow(picture, notes)
        frame, space = pillow_16_bit.read_16_bit(reopen, notes)
        picture.load()  # reads text chunks that follow the pixels
        return (with_transparent_colour(frame.pixels, picture) if frame.alpha is None else frame), space
    key = picture.info.get("transparency")
    if colour_type == 0 and depth < 8 and isinstance(key, int):
        # Pillow scales samples to 0..255, but not always the value that is declared transparent.
        picture.info["transparency"] = min(key * (255 // (2**depth - 1)), 255)
    return from_pillow(picture, notes)
