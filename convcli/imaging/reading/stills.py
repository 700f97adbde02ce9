"""Frames of every format but TIFF, loaded at full bit depth."""

from collections.abc import Iterator

from PIL import ImageFile

from convcli.imaging.image import Decoded
from convcli.imaging.reading import pillow_16_bit, sgi
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
    notes += _narrowed(picture, data)
    return from_pillow(picture, notes)


def _narrowed(picture: ImageFile.ImageFile, data: bytes) -> Iterator[str]:
    """Yield a note on the bits and channels of the file `data` that `picture`, not loaded yet, will lack."""
    tile = picture.tile[0] if picture.tile else None
    arguments = tile.args if tile is not None and isinstance(tile.args, tuple) else ()
    if picture.format == "AVIF" and (bits := _avif_bits(data)) > 8:
        yield f"{bits}-bit AVIF is read as 8-bit"
    if picture.format == "DDS" and tile is not None and tile.codec_name == "bcn" and arguments[0] == 6:
        yield "floats (BC6H) are read as 8-bit, clipped to 0..1"
    header = data.find(b"IHDR") if picture.format in ("ICO", "CUR", "ICNS") else -1  # of a PNG within
    if header > 0 and data[header + 12 : header + 13] == b"\x10":
        yield f"16-bit {picture.format} is read as 8-bit"
    if picture.format == "PSD" and (more := int.from_bytes(data[12:14], "big") - len(picture.getbands())) > 0:
        yield f"{more} channels without a declared meaning are left out"


def _avif_bits(data: bytes) -> int:
    """Return the bits per sample of an AVIF file, from the first AV1 configuration in it.

    References
    ----------
    AV1 Codec ISO Media File Format Binding, 2.3.3: high_bitdepth and twelve_bit are bits 6 and 5 of the
    third byte.
    """
    start = data.find(b"av1C")
    if start < 0 or start + 6 >= len(data):
        return 8
    flags = data[start + 6]
    return 8 if not flags & 0x40 else 12 if flags & 0x20 else 10


def upright(decoded: Decoded, orientation: int) -> Decoded:
    """Turn a frame as its file's EXIF orientation says."""
    frame, space = decoded
    return decoded if orientation == 1 else (frame.mapped(lambda part: oriented(part, orientation)), space)


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
