"""Notes on bits and channels of a file that Pillow's decoders leave out without a word."""

from collections.abc import Iterator

from PIL import ImageFile

__all__ = ["narrowed"]


def narrowed(picture: ImageFile.ImageFile, data: bytes) -> Iterator[str]:
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
