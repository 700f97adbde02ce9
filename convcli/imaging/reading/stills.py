"""Frames of every format but TIFF, loaded at full bit depth."""

from PIL import ImageFile

from convcli.imaging.image import Decoded
from convcli.imaging.reading import pillow_16_bit, sgi
from convcli.imaging.reading.narrowed import narrowed
from convcli.imaging.reading.pillow_decoders import open_picture
from convcli.imaging.reading.pillow_modes import from_pillow, oriented, with_transparent_colour

__all__ = ["png_frame", "still_frame", "upright"]


def still_frame(picture: ImageFile.ImageFile, data: bytes, notes: list[str]) -> Decoded:
    """Load `picture` from the file content `data`."""
    if picture.format == "JPEG2000":
        from convcli.imaging.reading.jpeg2000 import jpeg2000_frame  # here for start-up: it is rare

        return jpeg2000_frame(picture, data, notes)
    if picture.format == "SGI" and sgi.is_deep(data):
        return sgi.sgi_frame(data)
    notes += narrowed(picture, data)
    return from_pillow(picture, notes)


def upright(decoded: Decoded, orientation: int) -> Decoded:
    """Turn a frame as its file's EXIF orientation says."""
    frame, space = decoded
    if orientation == 1:
        return decoded
    alpha = None if frame.alpha is None else oriented(frame.alpha, orientation)
    return frame._replace(pixels=oriented(frame.pixels, orientation), alpha=alpha), space


def png_frame(data: bytes, notes: list[str]) -> Decoded:
    """Decode a PNG of one picture, whose chunks are those that pixels need."""
    with open_picture(data, "PNG") as picture:
        depth, colour_type = data[24], data[25]
        if pillow_16_bit.is_narrowed(picture):
            frame, space = pillow_16_bit.read_16_bit(lambda: open_picture(data, "PNG"), notes)
            return (with_transparent_colour(frame.pixels, picture) if frame.alpha is None else frame), space
        key = picture.info.get("transparency")
        if colour_type == 0 and depth < 8 and isinstance(key, int):
            # Pillow scales samples to 0..255, but not always the value that is declared transparent.
            picture.info["transparency"] = min(key * (255 // (2**depth - 1)), 255)
        return from_pillow(picture, notes)
