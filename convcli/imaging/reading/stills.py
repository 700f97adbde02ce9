"""One picture of any format but TIFF: loaded in its full depth, and turned the right way up."""

from collections.abc import Callable

from PIL import ImageFile

from convcli.imaging.deep_extra import KEEPS
from convcli.imaging.reading import pillow_16_bit
from convcli.imaging.reading.pillow_modes import Raster, keyed, oriented, raster

__all__ = ["still_raster"]

_ORIENTATION = 0x0112


def still_raster(
    picture: ImageFile.ImageFile, data: bytes, again: Callable[[], ImageFile.ImageFile]
) -> Raster:
    """Load `picture`, whose file is `data`; `again` opens it once more."""
    if picture.format == "PNG":
        one = _png(picture, data, again)
    elif picture.format == "JPEG2000" and picture.mode in ("RGB", "RGBA"):
        one = _jpeg2000(picture, data)
    elif picture.format == "AVIF":
        bits = _avif_bits(data)
        one = raster(picture)
        if bits > 8:
            one = _with_note(one, f"{bits}-bit AVIF is read as 8-bit")
    else:
        one = raster(picture)
    orientation = picture.getexif().get(_ORIENTATION, 1)
    if orientation == 1:
        return one
    alpha = None if one.alpha is None else oriented(one.alpha, orientation)
    return Raster(oriented(one.pixels, orientation), alpha, one.space, one.notes)


def _with_note(one: Raster, note: str) -> Raster:
    return Raster(one.pixels, one.alpha, one.space, (*one.notes, note))


def _png(picture: ImageFile.ImageFile, data: bytes, again: Callable[[], ImageFile.ImageFile]) -> Raster:
    depth, colour_type = data[24], data[25]
    if pillow_16_bit.is_sixteen(picture):
        if getattr(picture, "n_frames", 1) > 1:
            return _with_note(raster(picture), "a 16-bit animated PNG is read as 8-bit")
        one = pillow_16_bit.read_sixteen(again)
        picture.load()  # its text may follow the pixels
        return keyed(one.pixels, picture, one.space) if one.alpha is None else one
    key = picture.info.get("transparency")
    if colour_type == 0 and depth < 8 and isinstance(key, int):
        # Pillow stretches the samples to 0..255, but not always the one that is declared transparent
        picture.info["transparency"] = min(key * (255 // (2**depth - 1)), 255)
    return raster(picture)


def _jpeg2000(picture: ImageFile.ImageFile, data: bytes) -> Raster:
    from convcli.imaging.reading import tifffile_reader

    bits = tifffile_reader.jpeg2000_bits(data)
    exact = tifffile_reader.read_jpeg2000(data, bits) if bits > 8 else None
    if exact is not None:
        return exact
    one = raster(picture)
    return _with_note(one, f"{bits}-bit RGB read as 8-bit: {KEEPS}") if bits > 8 else one


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
