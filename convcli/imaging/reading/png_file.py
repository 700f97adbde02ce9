"""The chunks of a PNG: what its pixels need, its animation's frames, and its metadata.

Pillow gets the chunks that pixels need and no others: a damaged or huge text, profile or resolution then
does not spoil a sound picture.

References
----------
W3C, Portable Network Graphics (PNG) Specification (Third Edition): 5 (chunks), 11 (their content).
"""

import struct
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from convcli.errors import ImageError
from convcli.imaging.reading.layers import CLEAR, KEEP, RESTORE, Layer
from convcli.limits import PNG_CHUNKS, PNG_TEXT

__all__ = ["PngFile", "PngInfo", "png_file", "png_info", "png_layers"]

# Chunks that pixels depend on, and those of the animation.
_PIXELS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_ANIMATION = {b"acTL", b"fcTL", b"fdAT"}
# Chunks about the meaning of colours, which are copied as they are; gAMA and iCCP have fields of their own.
_COLOUR = {b"cHRM": 32, b"sRGB": 1, b"cICP": 4}
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Where a text with this keyword belongs, as Pillow names it.
_PROFILES = {
    "XML:com.adobe.xmp": "xmp",
    "Raw profile type xmp": "xmp",
    "Raw profile type exif": "exif",
    "Raw profile type APP1": "exif",
    "Raw profile type iptc": "photoshop",
    "Raw profile type icc": "icc_profile",
    "Raw profile type icm": "icc_profile",
}
# Our disposal by dispose_op.
_DISPOSALS = (KEEP, CLEAR, RESTORE)


class _Chunk(NamedTuple):
    kind: bytes
    start: int  # of the content; the length and the kind are before it
    end: int


class PngFile(NamedTuple):
    """A PNG taken apart: its size, the file of its still picture, chunks, and the animation's frames.

    Attributes
    ----------
    has_alpha : bool
        Whether its pixels may be transparent.
    frames : int
        Number of frames of the animation; 0 for a still picture.
    beside : bool
        Whether the still picture is not one of them.
    loop : int, optional
        Number of times that the animation plays; 0 is forever.
    """

    width: int
    height: int
    still: bytes
    chunks: tuple[_Chunk, ...]
    has_alpha: bool
    frames: int
    beside: bool
    loop: int | None


def png_file(data: bytes, most: int, notes: list[str]) -> PngFile:
    """Take a PNG apart, of whose animation `most` frames are counted at most."""
    chunks = tuple(islice(_chunks(data), PNG_CHUNKS.most + 1))
    PNG_CHUNKS.check(len(chunks), "write the picture anew, in larger chunks", ImageError)
    kinds = [chunk.kind for chunk in chunks]
    if kinds.count(b"IHDR") > 1:  # Pillow would take the last, of any size
        raise ValueError("it has more than one header")
    kept = [data[one.start - 8 : one.end + 4] for one in chunks if one.kind in _PIXELS]
    at = chunks[-1].end + 4 if chunks else len(_SIGNATURE)
    rest = b"" if kinds[-1:] == [b"IEND"] else data[at:]  # cut short: Pillow says so
    whole = all(kind in _PIXELS for kind in kinds)
    still = data if whole else b"".join((_SIGNATURE, *kept, rest))
    width, height = struct.unpack_from(">II", data.ljust(24, b"\0"), 16)
    pixels_at = kinds.index(b"IDAT") if b"IDAT" in kinds else len(kinds)
    controls = [chunk for chunk in chunks[:pixels_at] if chunk.kind == b"acTL"]
    frames, loop, beside = 0, None, b"fcTL" not in kinds[:pixels_at]
    if controls:
        frames, loop = struct.unpack_from(">II", data, controls[0].start)
        if len(controls) > 1 or not 0 < frames < 1 << 31:
            notes.append("the animation is damaged: the still picture is read")
            frames, loop = 0, None
        elif (found := kinds.count(b"fcTL")) < min(frames, most):
            raise ValueError(f"{found} of {frames} frames are there")
    has_alpha = b"tRNS" in kinds or data[25:26] in (b"\4", b"\6")
    return PngFile(width, height, still, chunks, has_alpha, frames, beside, loop)


def _chunks(data: bytes) -> Iterator[_Chunk]:
    at = len(_SIGNATURE)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        chunk = _Chunk(data[at + 4 : at + 8], at + 8, at + 8 + length)
        if chunk.end + 4 > len(data) or not chunk.kind.isalpha():
            return
        yield chunk
        if chunk.kind == b"IEND":
            return
        at = chunk.end + 4


def png_layers(data: bytes, file: PngFile) -> Iterator[Layer]:
    """Yield each frame of an animation as a PNG of its own."""
    head = [one for one in file.chunks if one.kind in (b"PLTE", b"tRNS")]
    shared = b"".join(data[one.start - 8 : one.end + 4] for one in head)
    header = file.chunks[0]
    control: bytes | None = None
    parts, count, expected = list[bytes](), 0, 0
    for kind, start, end in (*file.chunks, _Chunk(b"fcTL", 0, 0)):
        if kind in (b"fcTL", b"fdAT") and end:
            if end - start < 4 or struct.unpack_from(">I", data, start)[0] != expected:
                raise ValueError("frames of the animation are out of order")
            expected += 1
        if kind == b"fcTL":
            if control is not None:
                yield _layer(control, data[header.start + 8 : header.end], shared, parts, file)
                count += 1
            if count == file.frames:
                return
            control, parts = data[start:end], []
        elif kind == b"fdAT":
            parts.append(data[start + 4 : end])
        elif kind == b"IDAT" and control is not None:
            parts.append(data[start:end])


def _layer(control: bytes, kind: bytes, shared: bytes, parts: list[bytes], file: PngFile) -> Layer:
    if len(control) < 26 or not parts:
        raise ValueError("a frame of the animation has no pixels")
    _, width, height, left, top, delay, per, disposal, blend = struct.unpack(">IIIIIHHBB", control[:26])
    if left + width > file.width or top + height > file.height or disposal >= len(_DISPOSALS):
        raise ValueError("a frame of the animation lies outside the picture")
    header = _chunk(b"IHDR", struct.pack(">II", width, height) + kind)
    alone = b"".join((_SIGNATURE, header, shared, _chunk(b"IDAT", b"".join(parts)), _chunk(b"IEND", b"")))
    return Layer(alone, left, top, _DISPOSALS[disposal], blend == 1, 1000.0 * delay / (per or 100))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


class PngInfo(NamedTuple):
    """Metadata as Pillow names it, texts by keyword, and chunks about the meaning of colours."""

    info: dict[str, Any]
    texts: tuple[tuple[str, str], ...]
    colours: tuple[tuple[str, bytes], ...]


def png_info(data: bytes, file: PngFile, notes: list[str]) -> PngInfo:
    """Return what the chunks beside the pixels say; damaged ones are left out, and noted."""
    info, texts, colours = dict[str, Any](), list[tuple[str, str]](), dict[str, bytes]()
    left = PNG_TEXT.most
    for kind, start, end in file.chunks:
        content, name = data[start:end], kind.decode()
        if kind in _PIXELS or kind in _ANIMATION:
            continue
        try:
            if zlib.crc32(kind + content) != int.from_bytes(data[end : end + 4], "big"):
                raise ValueError("its checksum is wrong")
            if kind == b"iCCP":
                info["icc_profile"] = _inflated(content.partition(b"\0")[2], left)
                left -= len(info["icc_profile"])
            elif kind == b"pHYs" and content[8] == 1:
                info["dpi"] = tuple(each * 0.0254 for each in struct.unpack(">II", content[:8]))
            elif kind == b"gAMA":
                info["gamma"] = struct.unpack(">I", content)[0] / 100_000
            elif kind == b"eXIf":
                info["exif"] = content
            elif len(content) == _COLOUR.get(kind):
                colours[name] = content
            elif kind in (b"tEXt", b"zTXt", b"iTXt"):
                key, value = _text(kind, content, left)
                left -= len(value)
                profile = _PROFILES.get(key)
                if profile is None:
                    texts.append((key, value.decode("utf-8", "replace")))
                else:
                    info.setdefault(profile, _hex(value) if key.startswith("Raw") else value)
        except (ValueError, IndexError, zlib.error, struct.error) as error:
            notes.append(f"a damaged {name} chunk is left out ({' '.join(str(error).split())})")
    return PngInfo(info, tuple(texts), tuple(colours.items()))


def _text(kind: bytes, content: bytes, most: int) -> tuple[str, bytes]:
    """Return keyword and text (in UTF-8) of a tEXt, zTXt or iTXt chunk."""
    key, _, value = content.partition(b"\0")
    if kind == b"iTXt":
        packed, (_, _, value) = value[:1] == b"\1", value[2:].split(b"\0", 2)
        return key.decode("latin-1"), _inflated(b"\0" + value, most) if packed else value
    value = _inflated(value, most) if kind == b"zTXt" else value
    return key.decode("latin-1"), value.decode("latin-1").encode()


def _inflated(content: bytes, most: int) -> bytes:
    """Decompress what follows the byte that names the method, 0."""
    if content[:1] != b"\0":
        raise ValueError("its compression is unknown")
    packed = zlib.decompressobj()
    found = packed.decompress(content[1:], most + 1)
    if len(found) > most:
        raise ImageError(
            f"texts and profiles of the PNG unpack to more than {PNG_TEXT.most} {PNG_TEXT.unit}",
            hint="they hide something, or are damaged: remove them first",
        )
    return found


def _hex(value: bytes) -> bytes:
    """Return the profile that ImageMagick writes as text: a name, a length, and hexadecimal digits."""
    _, length, digits = value.strip().split(b"\n", 2)
    found = bytes.fromhex(digits.decode("ascii"))
    if len(found) != int(length):
        raise ValueError(f"{len(found)} of {int(length)} bytes are there")
    return found
